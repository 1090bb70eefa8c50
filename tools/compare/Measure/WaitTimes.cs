using KvTcp.LoadGen;

namespace KvTcp.Compare;

/// <summary>Percentiles of the time from request to reply, in microseconds. Immutable.</summary>
/// <param name="P50">The median.</param>
/// <param name="P99">What 99 of 100 do not exceed.</param>
/// <param name="P999">What 999 of 1,000 do not exceed.</param>
/// <param name="Max">The longest.</param>
internal sealed record WaitTimes(double P50, double P99, double P999, double Max)
{
    public static WaitTimes Of(LatencyHistogram latency) => new(
        latency.Percentile(0.5).TotalMicroseconds,
        latency.Percentile(0.99).TotalMicroseconds,
        latency.Percentile(0.999).TotalMicroseconds,
        latency.Max.TotalMicroseconds);
}
