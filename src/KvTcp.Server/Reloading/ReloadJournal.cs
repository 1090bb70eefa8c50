using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace KvTcp.Server;

/// <summary>Takes note of reloads and rollbacks, for STATS, the log and an observer. Thread-safe.</summary>
/// <param name="logger">The log.</param>
internal sealed class ReloadJournal(ILogger logger)
{
    private readonly Lock _lock = new();
    private volatile ReloadState _state = new();
    private volatile Action<ReloadState>? _observer;

    /// <summary>What STATS tells.</summary>
    public ReloadState State => _state;

    /// <summary>Is told of each change, one after the other, but for a refresh that finds nothing new.</summary>
    public Action<ReloadState>? Observer
    {
        get => _observer;
        set => _observer = value;
    }

    /// <summary>A reload begins.</summary>
    /// <param name="trigger">What has asked for it.</param>
    public void Begin(ReloadTrigger trigger) =>
        Change(static state => state with { IsRunning = true }, isTold: trigger is not ReloadTrigger.Refresh);

    /// <summary>A reload has ended that found nothing new: what was said last still holds.</summary>
    /// <param name="trigger">What had asked for it.</param>
    public void EndWithoutNews(ReloadTrigger trigger) =>
        Change(static state => state with { IsRunning = false }, isTold: trigger is not ReloadTrigger.Refresh);

    /// <summary>A reload or a rollback has ended.</summary>
    /// <param name="outcome">How.</param>
    /// <param name="started">When it began, as <see cref="Stopwatch.GetTimestamp"/> has it.</param>
    /// <param name="trigger">What had asked for it; null for a rollback.</param>
    /// <returns>The outcome.</returns>
    public ReloadOutcome End(ReloadOutcome outcome, long started, ReloadTrigger? trigger = null)
    {
        bool hasNews = outcome.Result != ReloadResult.Unchanged;
        Change(
            state => state.After(outcome, DateTimeOffset.UtcNow, Stopwatch.GetElapsedTime(started)) with { IsRunning = false },
            isTold: hasNews || trigger is not ReloadTrigger.Refresh);
        if (outcome.Error is not null)
        {
            ServerLog.ReloadRefused(logger, outcome.Reason);
        }
        else if (hasNews || trigger is not (ReloadTrigger.Watch or ReloadTrigger.Refresh))
        {
            ServerLog.Reloaded(logger, outcome.Reason);
        }

        return outcome;
    }

    /// <summary>A rollback is refused at once. A reload that is under way goes on, so an observer hears when that has ended.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="started">When it was asked for, as <see cref="Stopwatch.GetTimestamp"/> has it.</param>
    /// <returns>The outcome.</returns>
    public ReloadOutcome Refuse(string reason, long started)
    {
        ReloadOutcome outcome = ReloadOutcome.Refused(reason);
        Change(state => state.After(outcome, DateTimeOffset.UtcNow, Stopwatch.GetElapsedTime(started)), isTold: false);
        ServerLog.ReloadRefused(logger, reason);
        return outcome;
    }

    private void Change(Func<ReloadState, ReloadState> change, bool isTold)
    {
        lock (_lock)
        {
            _state = change(_state);
            if (isTold)
            {
                Tell();
            }
        }
    }

    /// <summary>Within the lock, so that the observer hears of changes in their order.</summary>
    private void Tell()
    {
        try
        {
            _observer?.Invoke(_state);
        }
        catch (Exception exception)
        {
            // Reloads do not depend on whoever watches them.
            ServerLog.ObserverFailed(logger, exception);
        }
    }
}
