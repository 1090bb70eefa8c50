namespace KvTcp.Cli;

/// <summary>Where <see cref="StatsWatch"/> shows what it sees: a terminal, or lines of text. One call at a time.</summary>
internal interface IStatsDisplay : IDisposable
{
    /// <summary>Shows the server at a moment.</summary>
    void Show(StatsView view);
}
