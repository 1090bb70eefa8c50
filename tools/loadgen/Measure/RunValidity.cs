namespace KvTcp.LoadGen;

/// <summary>Whether the figures of an open loop are the server's, and whether its percentiles tell of all requests. Stateless.</summary>
internal static class RunValidity
{
    /// <summary>When more requests than this share have no latency, the 99th percentile is that of others.</summary>
    private const double HarmlessShare = 0.01;

    /// <summary>What a generator that shares its machine with others may be late, and no reader of percentiles minds.</summary>
    private static readonly TimeSpan Tolerated = TimeSpan.FromMilliseconds(1);

    /// <summary>Says why a run is invalid.</summary>
    /// <param name="sendDelay">How late the generator itself was with each request.</param>
    /// <param name="latency">The latency of each.</param>
    /// <returns>Null when the 99th percentile of the delay is at most 1 ms, or at most a tenth of that of the latency.</returns>
    public static string? ReasonAgainst(LatencyHistogram sendDelay, LatencyHistogram latency)
    {
        TimeSpan delay = sendDelay.Percentile(0.99);
        return delay <= Tolerated || delay <= latency.Percentile(0.99) / 10
            ? null
            : $"the generator fell behind its own schedule: it sent one request in a hundred {delay.TotalMilliseconds:0.0} ms late or more, " +
              "for no fault of the server's; lower --rate, add --threads, or give it a machine of its own";
    }

    /// <summary>Says why percentiles are too low.</summary>
    /// <param name="counts">What became of the requests.</param>
    /// <returns>Null when at most one request in a hundred that was due has no latency.</returns>
    public static string? OverloadIn(LoadCounts counts)
    {
        long missing = counts.Unsent + counts.Timeouts + counts.Lost;
        long due = counts.Requests + missing;
        return missing <= due * HarmlessShare
            ? null
            : $"the server did not keep up: {FigureText.Count(missing)} of {FigureText.Count(due)} requests have no latency " +
              $"(unsent {FigureText.Count(counts.Unsent)}, timeouts {FigureText.Count(counts.Timeouts)}, lost {FigureText.Count(counts.Lost)}), " +
              "so the percentiles are too low";
    }
}
