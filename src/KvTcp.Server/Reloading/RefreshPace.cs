namespace KvTcp.Server;

/// <summary>
/// How long to wait before sources are asked again: the interval, twice as long with each failure in a row, and never the same for
/// all servers of a fleet. One thread at a time.
/// </summary>
/// <param name="interval">The interval while all is well.</param>
internal sealed class RefreshPace(TimeSpan interval)
{
    private const double Jitter = 0.1;
    private const int MostDoublings = 10;

    /// <summary>The longest wait, unless the interval itself is longer.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private int _failures;

    /// <summary>Takes note of an outcome.</summary>
    public void Saw(ReloadOutcome outcome) => _failures = outcome.Error is null ? 0 : Math.Min(_failures + 1, MostDoublings);

    /// <summary>The next wait.</summary>
    public TimeSpan Next()
    {
        TimeSpan wait = interval * Math.Pow(2, _failures);
        TimeSpan most = interval > Longest ? interval : Longest;
#pragma warning disable CA5394 // Spreads load; protects nothing.
        return (wait < most ? wait : most) * (1 - Jitter + (2 * Jitter * Random.Shared.NextDouble()));
#pragma warning restore CA5394
    }
}
