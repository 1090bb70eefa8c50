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
    private readonly ReloadAttempt _attempt;
    private readonly DatasetHolder _datasets;
    private readonly ReloadOptions _options;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly List<Task> _loops = [];
    private CancellationTokenSource _overtaken = new();
    private Task _tail = Task.CompletedTask;
    private Request? _waiting;
    private volatile ReloadState _state = new();

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
        _options = options;
        _logger = loggers.CreateLogger<Reloader>();
        _attempt = new ReloadAttempt(datasets, sources, dataFiles, options, _logger);
    }

    /// <summary>What STATS tells of reloads.</summary>
    public ReloadState State => _state;

    /// <summary>How memory is measured; tests have it their way.</summary>
    internal Func<long> MeasureMemory
    {
        set => _attempt.MeasureMemory = value;
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
        if (_options.Watch is TimeSpan watch && _attempt.WatchedPaths.Count > 0)
        {
            _loops.Add(Task.Run(() => WatchAsync(watch), CancellationToken.None));
        }

        if (_options.Refresh is TimeSpan refresh)
        {
            _loops.Add(Task.Run(() => RefreshAsync(refresh), CancellationToken.None));
        }
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
                Request request = new(trigger, _overtaken.Token);
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

    /// <summary>Ends the reload that is under way, if any, and serves the previous dataset again.</summary>
    /// <returns>
    /// The outcome; never an exception. Refused when there is no previous dataset: the current one goes on then, and the reload has ended all the same.
    /// </returns>
    public Task<ReloadOutcome> RollBackAsync()
    {
        lock (_lock)
        {
            // Where nothing is served, nobody can have seen what he wants to be rid of, and the reload is all there is to hope for.
            if (_datasets.Previous is null && _datasets.Current is null)
            {
                return Task.FromResult(Finish(ReloadOutcome.Refused("there is no previous dataset to return to"), Stopwatch.GetTimestamp()));
            }

            CancellationTokenSource overtaken = _overtaken;
            _overtaken = new CancellationTokenSource();
            _waiting = null;
            Task before = _tail;
            Task<ReloadOutcome> outcome = Task.Run(() => RollBackAfterAsync(before, overtaken), CancellationToken.None);
            _tail = outcome;
            return outcome;
        }
    }

    /// <summary>Ends what is under way and refuses what is asked for from now on.</summary>
    /// <returns>Completes when nothing is under way.</returns>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_loops);
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
            _state = _state with { IsRunning = true };
        }

        long started = Stopwatch.GetTimestamp();
        using CancellationTokenSource cancelled = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, request.Overtaken);
        ReloadOutcome? outcome;
        try
        {
            outcome = await _attempt.RunAsync(request.Trigger, cancelled.Token);
        }
        catch (OperationCanceledException) when (cancelled.IsCancellationRequested)
        {
            outcome = ReloadOutcome.Refused(_stop.IsCancellationRequested ? "the server is stopping" : "a rollback has ended the reload");
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

        return Finish(outcome, started, isQuiet: request.Trigger is ReloadTrigger.Watch or ReloadTrigger.Refresh);
    }

    private async Task<ReloadOutcome> RollBackAfterAsync(Task before, CancellationTokenSource overtaken)
    {
        await overtaken.CancelAsync();
        await before;
        overtaken.Dispose();
        long started = Stopwatch.GetTimestamp();
        ReloadOutcome outcome = _stop.IsCancellationRequested
            ? ReloadOutcome.Refused("the server is stopping")
            : _datasets.RollBack() is ServedDataset served
                ? new ReloadOutcome(ReloadResult.RolledBack, served.Dataset.Id, $"rolled back to dataset {served.Dataset.Id}")
                : ReloadOutcome.Refused("there is no previous dataset to return to");
        return Finish(outcome, started);
    }

    /// <summary>Takes note of an outcome.</summary>
    /// <param name="outcome">The outcome; null to leave the last one.</param>
    /// <param name="started">When it began.</param>
    /// <param name="isQuiet">Whether nobody wants to hear that nothing has changed.</param>
    private ReloadOutcome Finish(ReloadOutcome? outcome, long started, bool isQuiet = false)
    {
        lock (_lock)
        {
            if (outcome is null)
            {
                _state = _state with { IsRunning = false };
                return _state.Last!;
            }

            _state = _state.After(outcome, DateTimeOffset.UtcNow, Stopwatch.GetElapsedTime(started));
        }

        if (outcome.Error is not null)
        {
            ServerLog.ReloadRefused(_logger, outcome.Reason);
        }
        else if (!isQuiet || outcome.Result != ReloadResult.Unchanged)
        {
            ServerLog.Reloaded(_logger, outcome.Reason);
        }

        return outcome;
    }

    private async Task WatchAsync(TimeSpan interval)
    {
        FileWatch watch = new(_attempt.WatchedPaths);
        RefreshPace pace = new(interval);
        TimeSpan wait = TimeSpan.Zero;
        long tried = 0;
        using PeriodicTimer timer = new(interval);
        while (await NextAsync(timer))
        {
            if (!watch.Look(_attempt.TakenOfWatched))
            {
                continue;
            }

            // What failed for want of memory, or of a right to read, is tried again, less and less often; what is new at once.
            if (watch.IsUntried)
            {
                pace = new RefreshPace(interval);
            }
            else if (Stopwatch.GetElapsedTime(tried) < wait)
            {
                continue;
            }

            pace.Saw(await ReloadAsync(ReloadTrigger.Watch));
            tried = Stopwatch.GetTimestamp();
            wait = pace.Next();
        }
    }

    private async Task RefreshAsync(TimeSpan interval)
    {
        RefreshPace pace = new(interval);
        while (!_stop.IsCancellationRequested)
        {
            await Task.Delay(pace.Next(), _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!_stop.IsCancellationRequested)
            {
                pace.Saw(await ReloadAsync(ReloadTrigger.Refresh));
            }
        }
    }

    private async Task<bool> NextAsync(PeriodicTimer timer)
    {
        try
        {
            return await timer.WaitForNextTickAsync(_stop.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>A reload that has been asked for.</summary>
    private sealed class Request(ReloadTrigger trigger, CancellationToken overtaken)
    {
        public ReloadTrigger Trigger { get; set; } = trigger;

        public CancellationToken Overtaken => overtaken;

        public Task<ReloadOutcome> Outcome { get; set; } = null!;
    }
}
