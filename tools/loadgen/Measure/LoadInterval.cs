namespace KvTcp.LoadGen;

/// <summary>One second of the measured part; the last may be shorter, and holds the replies that came after the end too. Immutable.</summary>
/// <param name="Start">Its beginning, from the beginning of the measured part.</param>
/// <param name="Length">Its length.</param>
/// <param name="Requests">Requests answered in it.</param>
/// <param name="P50">The median latency of those, or zero when there are none.</param>
/// <param name="P99">The 99th percentile.</param>
/// <param name="Max">The longest.</param>
internal readonly record struct LoadInterval(
    TimeSpan Start, TimeSpan Length, long Requests, TimeSpan P50, TimeSpan P99, TimeSpan Max)
{
    /// <summary>Requests answered a second.</summary>
    public double RequestsPerSecond => Length > TimeSpan.Zero ? Requests / Length.TotalSeconds : 0;
}
