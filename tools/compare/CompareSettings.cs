namespace KvTcp.Compare;

/// <summary>What is compared, how long, and where the figures go. Immutable.</summary>
/// <param name="Peers">The servers.</param>
/// <param name="Pairs">How many pairs each of them holds.</param>
/// <param name="Rounds">How often each figure is measured.</param>
/// <param name="Length">How long each run is.</param>
/// <param name="Command">The command line, for the page.</param>
internal sealed record CompareSettings(IReadOnlyList<Peer> Peers, long Pairs, int Rounds, TimeSpan Length, string Command)
{
    /// <summary>Load before each run that no figure includes.</summary>
    public TimeSpan WarmUp => Length / 4;
}
