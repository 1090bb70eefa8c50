using KvTcp.Transport.Epoll;
using KvTcp.Transport.Linux;
using KvTcp.Transport.Pipes;
using KvTcp.Transport.Uring;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace KvTcp.Transport.Loops;

/// <summary>
/// A thread that waits for what happens at its connections and lets them deal with it, one at a time. Its members are for its own
/// thread, unless they say otherwise.
/// </summary>
internal sealed class EventLoop
{
    private static readonly TimeSpan QuietTime = TimeSpan.FromMinutes(1);

    private readonly Thread _thread;
    private readonly int _threadId;
    private readonly ILogger _logger;
    private readonly BusyPoll _busyPoll;
    private readonly PriorityQueue<ILoopTimer, long> _timers = new();
    private readonly Dictionary<(string Operation, int Errno), long> _reported = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private List<LoopSocket> _turns = [];
    private List<LoopSocket> _turnsNow = [];

    // Other threads'; the lock guards the list and the end.
    private readonly Lock _lock = new();
    private List<ILoopWork> _posted = [];
    private List<ILoopWork> _postedNow = [];
    private volatile bool _hasPosted;
    private int _isAsleep;
    private bool _hasEnded;
    private volatile bool _isEnding;

    /// <summary>Starts a loop.</summary>
    /// <param name="number">Tells it from others in the names of threads.</param>
    /// <param name="options">How it waits.</param>
    /// <param name="logger">Hears of what nobody expects.</param>
    public EventLoop(int number, LoopTransportOptions options, ILogger logger)
    {
        _logger = logger;
        _busyPoll = new BusyPoll(options.BusyPoll, TimeProvider.System);
        _thread = new Thread(Run) { IsBackground = true, Name = $"loop {number}" };
        _threadId = _thread.ManagedThreadId;
        Pool = new BlockPool(_threadId);
        Engine = options.Engine == LoopEngineKind.IoUring ? new UringEngine(this) : new EpollEngine(this);
        _thread.Start();
    }

    /// <summary>The memory of its connections. Thread-safe.</summary>
    public BlockPool Pool { get; }

    /// <summary>What it waits with.</summary>
    public LoopEngine Engine { get; }

    /// <summary>How often it has polled before sleeping, and how often that found something. Thread-safe.</summary>
    public (long Polls, long Hits) BusyPolls => _busyPoll.Counts;

    /// <summary>Whether the caller is on the loop. Thread-safe.</summary>
    public bool IsCurrent => Environment.CurrentManagedThreadId == _threadId;

    /// <summary>Gives it something to do, in its next turn. Thread-safe.</summary>
    /// <returns>Whether it will be done; if not, the loop has ended.</returns>
    public bool TryPost(ILoopWork work)
    {
        lock (_lock)
        {
            if (_hasEnded)
            {
                return false;
            }

            _posted.Add(work);
            _hasPosted = true;

            // Full fences here and before the wait: either the loop sees the work, or this sees that it sleeps.
            if (Interlocked.Exchange(ref _isAsleep, 0) != 0)
            {
                Engine.WakeUp();
            }

            return true;
        }
    }

    /// <summary>Does something later, exact to some milliseconds.</summary>
    public void Schedule(ILoopTimer timer, int milliseconds) => _timers.Enqueue(timer, Environment.TickCount64 + milliseconds);

    /// <summary>Lets a socket receive when everybody's events are dealt with.</summary>
    public void TakeTurn(LoopSocket socket) => _turns.Add(socket);

    /// <summary>Logs an error that nobody expects, or that operators should know of; the same one not more than once a minute.</summary>
    public void ReportUnexpected(string operation, int errno)
    {
        long now = Environment.TickCount64;
        if (!_reported.TryGetValue((operation, errno), out long last) || now - last >= QuietTime.TotalMilliseconds)
        {
            _reported[(operation, errno)] = now;
            TransportLog.UnexpectedError(_logger, operation, errno, Errno.Text(errno));
        }
    }

    /// <summary>Logs a bug of this transport; the other connections are not to suffer from it.</summary>
    public void ReportBug(Exception exception) => TransportLog.Failed(_logger, exception);

    /// <summary>Ends the loop; connections that are left are aborted. Thread-safe.</summary>
    /// <returns>Completes when its thread does nothing more.</returns>
    public Task EndAsync()
    {
        _isEnding = true;
        TryPost(new NoWork());
        return _ended.Task;
    }

    private void Run()
    {
        while (!_isEnding)
        {
            if (Wait() < 0 && Errno.Last is int errno and not Errno.Interrupted)
            {
                ReportUnexpected("waiting", errno);
            }

            RunTurns();
            RunPosted();
            RunTimers();
        }

        End();
    }

    /// <summary>Deals with the events that there are, or else with the next ones.</summary>
    /// <returns>What <see cref="LoopEngine.Turn"/> does.</returns>
    private int Wait()
    {
        if (_turns.Count > 0)
        {
            return Engine.Turn(0);
        }

        if (_busyPoll.TryStart())
        {
            do
            {
                int found = Engine.Turn(0);
                if (found != 0 || _hasPosted)
                {
                    _busyPoll.OnHit();
                    return found;
                }
            }
            while (_busyPoll.GoesOn());
        }

        int count = Engine.Turn(FallAsleep());
        Volatile.Write(ref _isAsleep, 0);
        _busyPoll.OnSlept();
        return count;
    }

    /// <summary>How long to wait, in milliseconds; others wake the loop from now on.</summary>
    private int FallAsleep()
    {
        Interlocked.Exchange(ref _isAsleep, 1);
        if (_hasPosted)
        {
            return 0;
        }

        return _timers.TryPeek(out _, out long due) ? (int)Math.Max(0, due - Environment.TickCount64) : -1;
    }

    private void RunTurns()
    {
        if (_turns.Count == 0)
        {
            return;
        }

        (_turns, _turnsNow) = (_turnsNow, _turns);
        foreach (LoopSocket socket in _turnsNow)
        {
            try
            {
                socket.OnTurn();
            }
            catch (Exception exception)
            {
                ReportBug(exception);
                socket.Fail(exception);
            }
        }

        _turnsNow.Clear();
    }

    private void RunPosted()
    {
        if (!_hasPosted)
        {
            return;
        }

        lock (_lock)
        {
            (_posted, _postedNow) = (_postedNow, _posted);
            _hasPosted = false;
        }

        foreach (ILoopWork work in _postedNow)
        {
            try
            {
                work.Run();
            }
            catch (Exception exception)
            {
                ReportBug(exception);
            }
        }

        _postedNow.Clear();
    }

    private void RunTimers()
    {
        while (_timers.TryPeek(out ILoopTimer? timer, out long due) && due <= Environment.TickCount64)
        {
            _timers.Dequeue();
            timer.OnTime();
        }
    }

    private void End()
    {
        Engine.FailAll(new ConnectionAbortedException("The transport has ended."));

        // What is posted until now finds closed connections; what comes later is refused.
        RunPosted();
        lock (_lock)
        {
            _hasEnded = true;
        }

        RunPosted();
        Engine.Dispose();
        _ended.SetResult();
    }

    /// <summary>Only wakes the loop.</summary>
    private sealed class NoWork : ILoopWork
    {
        public void Run()
        {
        }
    }
}
