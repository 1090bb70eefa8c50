using System.Diagnostics;
using KvTcp.Store;
using Microsoft.Extensions.Logging;

namespace KvTcp.Server;

/// <summary>
/// Loads a server's data, first and again: one reload or rollback at a time, each behind the ones asked for before. Thread-safe.
/// </summary>
/// <remarks>
/// Whoever asks for a reload wants what the sources hold by then, so a reload that has begun does not serve a later request; one
/// that has not begun serves all that come meanwhile. A rollback is for an emergency: it ends the reload that is under way.
/// </remarks>
public sealed class Reloader : IAsyncDisposable
{
    private const string Stopping = "the server is stopping";
    private const string NoPrevious = "there is no previous dataset to return to";

    private readonly ReloadAttempt _attempt;
    private readonly ReloadSchedule _schedule;
    private readonly ReloadJournal _journal;
    private readonly DatasetHolder _datasets;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private CancellationTokenSource _overtaken = new();
    private Task _tail = Task.CompletedTask;
    private Request? _waiting;

    /// <summary>Makes a reloader, which loads nothing yet.</summary>
    /// <param name="datasets">Receives the datasets.</param>
    /// <param name="sources">Where they come from; they stay the caller's, to be disposed after the reloader.</param>
    /// <param name="dataFiles">How to read them.</param>
    /// <param name="options">When to reload, and what to refuse.</param>
    /// <param name="loggers">Where loads, reloads and refusals are logged.</param>
    public Reloader(
        DatasetHolder datasets, IReadOnlyList<DatasetSource> sources, DataFileOptions dataFiles, ReloadOptions options, ILoggerFactory loggers)
    {
        _datasets = datasets;
        _logger = loggers.CreateLogger<Reloader>();
        DatasetSources all = new(sources);
        _attempt = new ReloadAttempt(datasets, all, dataFiles, options, _logger);
        _journal = new ReloadJournal(_logger);
        _schedule = new ReloadSchedule(options, all, ReloadAsync, _stop.Token);
    }

    /// <summary>What STATS tells of reloads.</summary>
    public ReloadState State => _journal.State;

    /// <summary>
    /// Is told the state when a reload begins and when it, or a rollback, has ended, one after the other, and holds up both; not when a refresh only asks the
    /// sources for something new, and there is nothing. Null by default.
    /// </summary>
    public Action<ReloadState>? Observer
    {
        get => _journal.Observer;
        set => _journal.Observer = value;
    }

    /// <summary>How memory is measured; tests have it their way.</summary>
    internal Func<long> MeasureMemory
    {
        set => _attempt.Room.Measure = value;
    }

    /// <summary>Loads the first dataset and publishes it; then starts to watch and to refresh, if the options say so.</summary>
    /// <param name="progress">Is told now and then how far the load is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DataFileException">The data is bad.</exception>
    /// <exception cref="IOException">A source cannot be read, or changed meanwhile.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    /// <exception cref="OutOfMemoryException">The system does not grant the memory.</exception>
    public async Task LoadFirstAsync(IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        await _attempt.LoadFirstAsync(progress, cancellationToken);
        _schedule.Start();
    }

    /// <summary>Loads the sources again, and serves what they hold unless something speaks against it.</summary>
    /// <param name="trigger">What has asked for it.</param>
    /// <returns>The outcome; never an exception.</returns>
    public Task<ReloadOutcome> ReloadAsync(ReloadTrigger trigger)
    {
        lock (_lock)
        {
            if (_waiting is null)
            {
                Request request = new(trigger, _datasets.Rollbacks, _overtaken.Token);
                Task before = _tail;
                _waiting = request;
                request.Outcome = Task.Run(() => ReloadAfterAsync(before, request), CancellationToken.None);
                _tail = request.Outcome;
            }
            else if (trigger is ReloadTrigger.Command or ReloadTrigger.Signal)
            {
                // Somebody wants a load, not just a look whether there is something new.
                _waiting.Trigger = trigger;
            }

            return _waiting.Outcome;
        }
    }

    /// <summary>Serves the previous dataset again, at once, and ends the reload that is under way, if any.</summary>
    /// <returns>
    /// The outcome, when that reload has ended; never an exception. Refused when there is no previous dataset: the current one goes on then, and
    /// the reload has ended all the same.
    /// </returns>
    public Task<ReloadOutcome> RollBackAsync()
    {
        long started = Stopwatch.GetTimestamp();
        lock (_lock)
        {
            if (_stop.IsCancellationRequested)
            {
                return Task.FromResult(_journal.Refuse(Stopping, started));
            }

            // Decided here and now: a reload that is about to publish has done so, and is rolled back, or never does.
            Rollback rollback = _datasets.RollBack();
            if (!rollback.EndsReloads)
            {
                return Task.FromResult(_journal.Refuse(NoPrevious, started));
            }

            CancellationTokenSource overtaken = _overtaken;
            _overtaken = new CancellationTokenSource();
            _waiting = null;
            Task before = _tail;
            Task<ReloadOutcome> outcome = Task.Run(() => EndRollbackAsync(rollback, overtaken, before, started), CancellationToken.None);
            _tail = outcome;
            return outcome;
        }
    }

    /// <summary>Ends what is under way and refuses what is asked for from now on.</summary>
    /// <returns>Completes when nothing is under way.</returns>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _schedule.EndAsync();
        Task last;
        lock (_lock)
        {
            last = _tail;
        }

        await last;
    }

    /// <summary>Stops as <see cref="StopAsync"/> does.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _overtaken.Dispose();
        _stop.Dispose();
    }

    private async Task<ReloadOutcome> ReloadAfterAsync(Task before, Request request)
    {
        await before;
        lock (_lock)
        {
            _waiting = _waiting == request ? null : _waiting;
        }

        _journal.Begin(request.Trigger);
        long started = Stopwatch.GetTimestamp();
        using CancellationTokenSource cancelled = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, request.Overtaken);
        ReloadOutcome? outcome;
        try
        {
            outcome = await _attempt.RunAsync(request.Trigger, request.Rollbacks, cancelled.Token);
        }
        catch (OperationCanceledException) when (cancelled.IsCancellationRequested)
        {
            outcome = ReloadOutcome.Refused(_stop.IsCancellationRequested ? Stopping : ReloadOutcome.EndedByRollback);
        }
        catch (Exception exception) when (exception is
            ReloadRefusedException or DataFileException or IOException or UnauthorizedAccessException or OutOfMemoryException)
        {
            outcome = ReloadOutcome.Refused(
                exception.Message + (_datasets.Current is null ? "; nothing is loaded until a reload succeeds" : ""));
        }
#pragma warning disable CA1031 // Whatever happens to a reload, the server goes on.
        catch (Exception exception)
        {
            ServerLog.ReloadFailed(_logger, exception);
            outcome = new ReloadOutcome(ReloadResult.Failed, default, "the reload failed; the server's log has the reason");
        }
#pragma warning restore CA1031

        if (outcome is null)
        {
            // The sources have answered, so whoever asks regularly need not slow down; a refusal from before still stands in STATS.
            _journal.EndWithoutNews(request.Trigger);
            return new ReloadOutcome(
                ReloadResult.Unchanged, _datasets.Current?.Dataset.Id ?? default, "the sources have nothing that was not refused or rolled back before");
        }

        return _journal.End(outcome, started, request.Trigger);
    }

    private async Task<ReloadOutcome> EndRollbackAsync(Rollback rollback, CancellationTokenSource overtaken, Task before, long started)
    {
        await overtaken.CancelAsync();
        rollback.Retired?.Dataset.Dispose();
        await before;
        overtaken.Dispose();
        ReloadOutcome outcome = rollback.Returned is ServedDataset served
            ? new ReloadOutcome(ReloadResult.RolledBack, served.Dataset.Id, $"rolled back to dataset {served.Dataset.Id}")
            : ReloadOutcome.Refused(NoPrevious);
        return _journal.End(outcome, started);
    }

    /// <summary>A reload that has been asked for.</summary>
    private sealed class Request(ReloadTrigger trigger, int rollbacks, CancellationToken overtaken)
    {
        public ReloadTrigger Trigger { get; set; } = trigger;

        public int Rollbacks => rollbacks;

        public CancellationToken Overtaken => overtaken;

        public Task<ReloadOutcome> Outcome { get; set; } = null!;
    }
}
