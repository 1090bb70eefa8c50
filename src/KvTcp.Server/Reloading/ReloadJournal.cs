using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace KvTcp.Server;

/// <summary>Takes note of reloads and rollbacks, for STATS and the log. Thread-safe.</summary>
/// <param name="logger">The log.</param>
internal sealed class ReloadJournal(ILogger logger)
{
    private readonly Lock _lock = new();
    private volatile ReloadState _state = new();

    /// <summary>What STATS tells.</summary>
    public ReloadState State => _state;

    /// <summary>A reload begins.</summary>
    public void Begin()
    {
        lock (_lock)
        {
            _state = _state with { IsRunning = true };
        }
    }

    /// <summary>A reload has ended that found nothing new: what was said last still holds.</summary>
    public void EndWithoutNews()
    {
        lock (_lock)
        {
            _state = _state with { IsRunning = false };
        }
    }

    /// <summary>A reload or a rollback has ended.</summary>
    /// <param name="outcome">How.</param>
    /// <param name="started">When it began, as <see cref="Stopwatch.GetTimestamp"/> has it.</param>
    /// <param name="isQuiet">Whether nobody wants to hear that nothing has changed.</param>
    /// <returns>The outcome.</returns>
    public ReloadOutcome End(ReloadOutcome outcome, long started, bool isQuiet = false)
    {
        lock (_lock)
        {
            _state = _state.After(outcome, DateTimeOffset.UtcNow, Stopwatch.GetElapsedTime(started));
        }

        if (outcome.Error is not null)
        {
            ServerLog.ReloadRefused(logger, outcome.Reason);
        }
        else if (!isQuiet || outcome.Result != ReloadResult.Unchanged)
        {
            ServerLog.Reloaded(logger, outcome.Reason);
        }

        return outcome;
    }
}
