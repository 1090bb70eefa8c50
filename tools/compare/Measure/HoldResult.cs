namespace KvTcp.Compare;

/// <summary>One amount of data in this server. Immutable.</summary>
/// <param name="Pairs">How many pairs.</param>
/// <param name="FileBytes">The length of the data file.</param>
/// <param name="ReadySeconds">From the start of the process to its first reply.</param>
/// <param name="ResidentBytes">Resident memory when it serves.</param>
/// <param name="PeakBytes">The most resident memory, while it loaded.</param>
internal sealed record HoldResult(long Pairs, long FileBytes, double ReadySeconds, long ResidentBytes, long PeakBytes);
