namespace KvTcp.Compare;

/// <summary>What is compared, how long, and where the figures go. Immutable.</summary>
/// <param name="Peers">The servers.</param>
/// <param name="Pairs">How many pairs each of them holds.</param>
/// <param name="Rounds">How often each figure is measured.</param>
/// <param name="Length">How long each run is.</param>
/// <param name="Output">The folder that figures are written to, laid out as the source tree.</param>
/// <param name="IsHold">Whether to measure how much data fits into memory instead.</param>
/// <param name="Command">The command line, for the page.</param>
internal sealed record CompareSettings(
    IReadOnlyList<Peer> Peers, long Pairs, int Rounds, TimeSpan Length, string Output, bool IsHold, string Command)
{
    private const int MostStartRounds = 3;

    /// <summary>Load before each run that no figure includes.</summary>
    public TimeSpan WarmUp => Length / 4;

    /// <summary>How often starts are measured: they differ less than what depends on the load.</summary>
    public int StartRounds => int.Min(Rounds, MostStartRounds);
}
