using System.Diagnostics;
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
    /// <summary>How many newcomers wait at most with what they have sent, which over io_uring lies in blocks meanwhile.</summary>
    private const int MostNewcomers = 1024;

    /// <summary>How long it works before it looks for events again, see <see cref="Work"/>.</summary>
    public static readonly TimeSpan LeastWork = TimeSpan.FromMicroseconds(50);

    /// <summary>How much longer for each event of the turn, so that many events do not leave it without time for its work.</summary>
    private static readonly TimeSpan WorkForEvent = TimeSpan.FromMicroseconds(2);

    private static readonly TimeSpan QuietTime = TimeSpan.FromMinutes(1);

    private readonly Thread _thread;
    private readonly ILogger _logger;
    private readonly BusyPoll _busyPoll;
    private readonly PostedWork _posted;
    private readonly PriorityQueue<ILoopTimer, long> _timers = new();
    private readonly Dictionary<(string Operation, int Errno), long> _reported = [];
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Queue<ILoopWork> _work = new();
    private readonly Queue<ILoopWork> _newcomers = new();
    private volatile bool _isEnding;

    private EventLoop(int number, LoopTransportOptions options, ILogger logger)
    {
        _logger = logger;
        _busyPoll = new BusyPoll(options.BusyPoll, TimeProvider.System);
        _posted = new PostedWork(this);
        _thread = new Thread(() => Run(options.Engine)) { IsBackground = true, Name = $"loop {number}" };
        Pool = new BlockPool(_thread);
    }

    /// <summary>The memory of its connections. Thread-safe.</summary>
    public BlockPool Pool { get; }

    /// <summary>What it waits with.</summary>
    public LoopEngine Engine { get; private set; } = null!;

    /// <summary>How often it has polled before sleeping, and how often that found something. Thread-safe.</summary>
    public (long Polls, long Hits) BusyPolls => _busyPoll.Counts;

    /// <summary>Counts the turns of the loop, and begins anew after 65,535.</summary>
    public ushort Turn { get; private set; }

    /// <summary>Whether one more may wait.</summary>
    public bool HasRoomForNewcomer => _newcomers.Count < MostNewcomers;

    /// <summary>Whether the caller is on the loop. Thread-safe.</summary>
    public bool IsCurrent => Thread.CurrentThread == _thread;

    private bool HasWork => _work.Count > 0 || _newcomers.Count > 0;

    /// <summary>Starts a loop.</summary>
    /// <param name="number">Tells it from others in the names of threads.</param>
    /// <param name="options">How it waits.</param>
    /// <param name="logger">Hears of what nobody expects.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">The system refuses the engine, or has no more files or memory.</exception>
    /// <exception cref="OutOfMemoryException">The system starts no more threads; it may be files, of which .NET needs some for each, that it lacks.</exception>
    public static async Task<EventLoop> StartAsync(int number, LoopTransportOptions options, ILogger logger)
    {
        EventLoop loop = new(number, options, logger);
        loop._thread.Start();
        await loop._started.Task;
        return loop;
    }

    /// <summary>Gives it something to do, in one of its next turns. Thread-safe.</summary>
    /// <returns>Whether it will be done; if not, the loop has ended.</returns>
    public bool TryPost(ILoopWork work) => _posted.TryAdd(work);

    /// <summary>Does something later, exact to some milliseconds.</summary>
    public void Schedule(ILoopTimer timer, int milliseconds) => _timers.Enqueue(timer, Environment.TickCount64 + milliseconds);

    /// <summary>Does something when everybody's events are dealt with, and what was asked for before.</summary>
    public void Add(ILoopWork work) => _work.Enqueue(work);

    /// <summary>Does something for those who have just come, or lets them come, when that is done.</summary>
    public void AddNewcomer(ILoopWork work) => _newcomers.Enqueue(work);

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

    private void Run(LoopEngineKind kind)
    {
        try
        {
            Engine = kind == LoopEngineKind.IoUring ? new UringEngine(this) : new EpollEngine(this);
        }
        catch (Exception exception)
        {
            _started.SetException(exception);
            return;
        }

        _started.SetResult();
        while (!_isEnding && TryWait(out int events))
        {
            Work(events);
            RunTimers();
        }

        End();
    }

    /// <summary>Deals with the events that there are, or else with the next ones.</summary>
    /// <param name="events">How many there were.</param>
    /// <returns>Whether the loop can go on. It cannot when the system will not let it wait again.</returns>
    private bool TryWait(out int events)
    {
        events = Wait();
        if (events >= 0)
        {
            return true;
        }

        int errno = Errno.Last;
        if (errno == Errno.Interrupted)
        {
            events = 0;
            return true;
        }

        TransportLog.Broken(_logger, _thread.Name!, errno, Errno.Text(errno));
        return false;
    }

    /// <inheritdoc cref="LoopEngine.Turn"/>
    private int Wait()
    {
        Turn++;
        if (HasWork)
        {
            return Engine.Turn(0);
        }

        if (_busyPoll.TryStart())
        {
            do
            {
                int found = Engine.Turn(0);
                if (found != 0 || _posted.HasAny || HasWork)
                {
                    _busyPoll.OnHit();
                    return found;
                }
            }
            while (_busyPoll.GoesOn());
        }

        int count = Engine.Turn(_posted.TryFallAsleep() ? MillisecondsToTimer() : 0);
        _posted.WakeUp();
        _busyPoll.OnSlept();
        return count;
    }

    /// <summary>How long to wait; -1 has no end.</summary>
    private int MillisecondsToTimer() =>
        _timers.TryPeek(out _, out long due) ? (int)Math.Max(0, due - Environment.TickCount64) : -1;

    /// <summary>
    /// Works for a while, and does one thing of each queue at least: what is left then, and what comes meanwhile, is done after the next events. The
    /// replies to the last events do not wait for it, and what the kernel does for a thing counts as the thing's time.
    /// </summary>
    /// <param name="events">How many events there were in this turn.</param>
    private void Work(int events)
    {
        _posted.MoveTo(_work);
        if (HasWork)
        {
            Engine.Flush();
            long begun = Stopwatch.GetTimestamp();
            TimeSpan most = LeastWork + (events * WorkForEvent);
            DoSome(_work, begun, most);
            DoSome(_newcomers, begun, most);
        }
    }

    private void DoSome(Queue<ILoopWork> queue, long begun, TimeSpan most)
    {
        int count = queue.Count;
        for (int i = 0; i < count && (i == 0 || Stopwatch.GetElapsedTime(begun) < most); i++)
        {
            Do(queue.Dequeue());
            Engine.Flush();
        }
    }

    private void Do(ILoopWork work)
    {
        try
        {
            work.Run();
        }
        catch (Exception exception)
        {
            ReportBug(exception);
            work.Fail(exception);
        }
    }

    private void RunTimers()
    {
        while (_timers.TryPeek(out ILoopTimer? timer, out long due) && due <= Environment.TickCount64)
        {
            _timers.Dequeue();
            try
            {
                timer.OnTime();
            }
            catch (Exception exception)
            {
                ReportBug(exception);
                timer.Fail(exception);
            }
        }
    }

    private void End()
    {
        Engine.FailAll(new ConnectionAbortedException("The transport has ended."));

        // What was posted finds closed connections. What is refused, others do themselves: from then on nothing is done here.
        DoRest();
        while (!_posted.TryClose())
        {
            // Who is about to wake the loop may wait for this core.
            Thread.Yield();
            DoRest();
        }

        Engine.Dispose();
        _ended.SetResult();
    }

    private void DoRest()
    {
        _posted.MoveTo(_work);
        while (_work.TryDequeue(out ILoopWork? work) || _newcomers.TryDequeue(out work))
        {
            Do(work);
        }
    }

    /// <summary>Only wakes the loop.</summary>
    private sealed class NoWork : ILoopWork
    {
        public void Run()
        {
        }

        public void Fail(Exception reason)
        {
        }
    }
}
