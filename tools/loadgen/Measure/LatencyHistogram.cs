namespace KvTcp.LoadGen;

/// <summary>
/// Counts latencies in buckets whose width is a fixed share of their value, so that a percentile is at most 1/128 above the true one
/// whatever the range. Not thread-safe: each thread fills its own, and they are added up at the end.
/// </summary>
internal sealed class LatencyHistogram
{
    /// <summary>How many latencies it holds.</summary>
    public long Count { get; private set; }

    /// <summary>The longest latency recorded, exactly; zero when there is none.</summary>
    public TimeSpan Max { get; private set; }

    /// <summary>The mean.</summary>
    public TimeSpan Mean => throw new NotSupportedException();

    /// <summary>Adds a latency.</summary>
    /// <param name="latency">From 0; negative counts as 0.</param>
    public void Record(TimeSpan latency) => throw new NotSupportedException();

    /// <summary>Adds all of another.</summary>
    public void Add(LatencyHistogram other) => throw new NotSupportedException();

    /// <summary>The latency that a share of all do not exceed.</summary>
    /// <param name="share">0 to 1.</param>
    /// <returns>At most 1/128 above it; zero when there are none.</returns>
    public TimeSpan Percentile(double share) => throw new NotSupportedException();
}
