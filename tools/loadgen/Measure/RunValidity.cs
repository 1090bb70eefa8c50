namespace KvTcp.LoadGen;

/// <summary>Whether the figures of an open loop are the server's. Stateless.</summary>
internal static class RunValidity
{
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
}
