using System.Diagnostics;

namespace KvTcp.Client;

/// <summary>
/// Runs the callers of answered requests on the thread that has read the replies, after it has left the reading to whichever thread
/// the next bytes wake, and sends what they ask next in one piece. That saves two hand-overs between threads for each read. Callers that
/// take long go to <see cref="CompletionQueue"/> instead: a watch looks every 10 ms for one that blocks. Thread-safe.
/// </summary>
internal sealed class CallerRunner : IDisposable
{
    private static readonly TimeSpan WatchPeriod = TimeSpan.FromMilliseconds(10);

    private readonly Lock _gate = new();
    private readonly RequestSender _sender;
    private readonly Timer _watch;
    private CallerBatch? _running;
    private CallerBatch? _spare;
    private long _runningSince;
    private bool _hasRun;
    private bool _isWatching;
    private bool _isDisposed;

    /// <summary>Prepares.</summary>
    /// <param name="sender">Sends what the callers ask for.</param>
    public CallerRunner(RequestSender sender)
    {
        _sender = sender;
        _watch = new Timer(static runner => ((CallerRunner)runner!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Takes a batch to be run, unless its callers had better run elsewhere: then it sees to that.</summary>
    /// <param name="batch">The batch; on return, one for the next requests.</param>
    /// <returns>What to give to <see cref="Run"/> or <see cref="Cancel"/>, if anything.</returns>
    public CallerBatch? Begin(ref CallerBatch batch)
    {
        if (batch.IsEmpty)
        {
            return null;
        }

        lock (_gate)
        {
            // With the runtime's inline completions this may be the thread of all sockets' events, which nobody may block.
            if (_running is not null || _isDisposed || !Thread.CurrentThread.IsThreadPoolThread || batch.Completions!.AreCallersSlow)
            {
                // A batch that is not through when the next one comes has slow callers.
                LeaveToOthers();
                batch.HandOver();
                batch.Reset();
                return null;
            }

            CallerBatch begun = batch;
            batch = _spare ?? new CallerBatch();
            _spare = null;
            _running = begun;
            _runningSince = Environment.TickCount64;
            _hasRun = true;
            if (!_isWatching)
            {
                _isWatching = true;
                _watch.Change(WatchPeriod, Timeout.InfiniteTimeSpan);
            }

            return begun;
        }
    }

    /// <summary>Runs callers, and sends.</summary>
    public void Run(CallerBatch batch)
    {
        long start = Stopwatch.GetTimestamp();
        _sender.HoldFor(batch);
        batch.Run();
        _sender.HoldFor(null);
        batch.Completions!.NoteTime(start);
        End(batch);
        _sender.SendHeld(isHere: true);
    }

    /// <summary>Has a batch run elsewhere: this thread has more to read.</summary>
    public void Cancel(CallerBatch batch)
    {
        batch.HandOver();
        End(batch);
    }

    /// <summary>Leaves callers that wait for another one to others. Called once, when nothing more is read.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            LeaveToOthers();
        }

        _watch.Dispose();
    }

    private void End(CallerBatch batch)
    {
        lock (_gate)
        {
            if (ReferenceEquals(_running, batch))
            {
                _running = null;
                batch.Reset();
                _spare = batch;
            }
        }
    }

    private void Look()
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            if (_running is not null && Environment.TickCount64 - _runningSince >= WatchPeriod.TotalMilliseconds)
            {
                _running.Completions!.NoteSlowCaller();
                LeaveToOthers();
            }

            _isWatching = _hasRun || _running is not null;
            _hasRun = false;
            if (_isWatching)
            {
                _watch.Change(WatchPeriod, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Takes away what the thread that runs callers has not come to.</summary>
    private void LeaveToOthers()
    {
        if (_running is null)
        {
            return;
        }

        _running.HandOver();
        _running = null;
        _sender.SendHeld(isHere: false);
    }
}
