namespace KvTcp.Compare;

/// <summary>How much data this server holds. Immutable; written as JSON.</summary>
/// <param name="Command">The command line that measured it.</param>
/// <param name="Date">When it began.</param>
/// <param name="Machine">Where.</param>
/// <param name="Version">The server's version.</param>
/// <param name="Results">What was measured, the least data first; at least one.</param>
/// <param name="Omitted">What was not, and why.</param>
internal sealed record HoldReport(
    string Command, DateTimeOffset Date, Machine Machine, string Version, IReadOnlyList<HoldResult> Results, IReadOnlyList<string> Omitted)
{
    /// <summary>By how much each pair raises the peak, in bytes: from the two largest amounts, so that the runtime's share drops out.</summary>
    public double PeakBytesPerPair => Results is [.., HoldResult smaller, HoldResult larger]
        ? (larger.PeakBytes - smaller.PeakBytes) / (double)(larger.Pairs - smaller.Pairs)
        : Results[0].PeakBytes / (double)Results[0].Pairs;

    /// <summary>The peak without any pair, in bytes.</summary>
    public double PeakBytesOfNone => Results[^1].PeakBytes - (PeakBytesPerPair * Results[^1].Pairs);

    /// <summary>How many pairs some memory holds, extrapolated.</summary>
    /// <param name="bytes">The memory that the server may have.</param>
    public long PairsIn(double bytes) => (long)((bytes - PeakBytesOfNone) / PeakBytesPerPair);
}
