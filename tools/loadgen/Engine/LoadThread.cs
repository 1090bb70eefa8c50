using System.Runtime.ExceptionServices;

namespace KvTcp.LoadGen;

/// <summary>A thread of a run, with its connections.</summary>
internal sealed class LoadThread : IDisposable
{
    /// <summary>How often timeouts, broken connections and the end of seconds are looked for.</summary>
    private static readonly long CarePeriod = LoadClock.Second / 100;

    private readonly RunSchedule _schedule;
    private readonly SecondsBoard _board;
    private readonly int _number;
    private readonly Poll _poll = new();
    private readonly Connection[] _connections;
    private readonly RequestBatch _batch;
    private readonly ConnectionKeeper _keeper;
    private readonly ReplyIntake _intake;
    private readonly Pacing _pacing;
    private readonly CountdownEvent _ready;
    private readonly ManualResetEventSlim _go;
    private readonly Thread _thread;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Makes a thread; <see cref="Start"/> starts it.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="keys">The data file.</param>
    /// <param name="shared">What it shares with the other threads.</param>
    /// <param name="number">Which thread it is, from 0.</param>
    /// <param name="threads">How many there are; the connections are spread over them.</param>
    public LoadThread(LoadPlan plan, KeyFile keys, SharedRun shared, int number, int threads)
    {
        _schedule = shared.Schedule;
        _board = shared.Board;
        _number = number;
        _ready = shared.Ready;
        _go = shared.Go;
        Tally = new ThreadTally(_schedule, _board, number);
        int count = (plan.Connections / threads) + (number < plan.Connections % threads ? 1 : 0);
        _connections = [.. Enumerable.Range(0, count).Select(i => new Connection(plan, _poll, i, shared.Greeting))];
        _batch = new RequestBatch(RequestTemplate.Of(plan), plan.Depth, new KeyPicker(keys, plan.Keys, plan.Seed, number));
        _keeper = new ConnectionKeeper(plan, shared.Target, _schedule, Tally);
        _intake = new ReplyIntake(_schedule, Tally, plan.Verify ? new ReplyVerifier(keys, Tally) : null, plan.KeysPerRequest);
        RequestSender sender = new(_batch, _keeper, plan.Verify);
        _pacing = plan.Rate is double rate
            ? new OpenLoop(_schedule, sender, Tally, new RateShare(rate, number, threads))
            : new ClosedLoop(_schedule, sender);
        _thread = new Thread(Run) { Name = $"load {number}", IsBackground = true };
    }

    /// <summary>What it has counted.</summary>
    public ThreadTally Tally { get; }

    /// <summary>The processor time that it used in the measured part, in nanoseconds.</summary>
    public long CpuNanoseconds { get; private set; }

    /// <summary>Starts it: it connects, and waits for the others.</summary>
    public void Start() => _thread.Start();

    /// <summary>Throws what has gone wrong in it.</summary>
    public void ThrowOnFailure() => _failure?.Throw();

    /// <summary>Waits for its end, if it was started.</summary>
    public void Join()
    {
        if (_thread.ThreadState != ThreadState.Unstarted)
        {
            _thread.Join();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Connection connection in _connections)
        {
            connection.Dispose();
        }

        _batch.Dispose();
        _poll.Dispose();
    }

    private void Run()
    {
        // Sleeps end when they are to end, and not up to 50 us later.
        _ = LinuxCalls.ControlProcess(LinuxCalls.SetTimerSlack, 1);
        Guarded(() => _keeper.ConnectAll(_connections, _poll));
        _ready.Signal();
        _go.Wait();
        if (!_schedule.IsAbandoned)
        {
            Guarded(Drive);
        }

        _board.Pass(_number, int.MaxValue);
    }

    private void Guarded(Action action)
    {
        try
        {
            action();
        }
#pragma warning disable CA1031 // The thread that waits for this one throws it again.
        catch (Exception e)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
            _schedule.Abandon();
        }
#pragma warning restore CA1031
    }

    private void Drive()
    {
        long cpuAtStart = 0;
        long now = LoadClock.Now;
        long nextCare = now;
        foreach (Connection connection in _connections)
        {
            _pacing.OnRoom(connection);
        }

        while (!IsOver(now))
        {
            long beforeWait = now;
            HandleEvents(Wait(now, Math.Min(nextCare, _pacing.NextDue)));
            now = LoadClock.Now;
            if (now >= nextCare)
            {
                nextCare = now + CarePeriod;
                Tally.PassTime(now);
                _keeper.LookAfter(_connections, beforeWait);
            }

            if (cpuAtStart == 0 && now >= _schedule.Start)
            {
                cpuAtStart = LinuxCalls.ThreadCpuNanoseconds();
            }

            _pacing.OnTurn(now);
        }

        _pacing.Finish();
        Tally.Finish();
        CpuNanoseconds = cpuAtStart == 0 ? 0 : LinuxCalls.ThreadCpuNanoseconds() - cpuAtStart;
    }

    private bool IsOver(long now) =>
        _schedule.IsAbandoned ||
        ((now >= _schedule.End || _schedule.IsSpent) && Array.TrueForAll(_connections, static connection => connection.InFlight.Count == 0));

    /// <summary>Waits for events. Due requests that find no room only count as the server's delay when there is nothing else to do.</summary>
    private int Wait(long now, long until)
    {
        bool isBlocked = _pacing.IsBlocked(now);
        int count = _poll.Wait(isBlocked ? 0 : until - now);
        if (count == 0 && isBlocked)
        {
            count = _poll.Wait(CarePeriod);
            _pacing.OnIdle(LoadClock.Now);
        }

        return count;
    }

    private void HandleEvents(int count)
    {
        for (int i = 0; i < count; i++)
        {
            (int number, bool isReadable, bool isWritable) = _poll.Event(i);
            Connection connection = _connections[number];
            if (connection.State is ConnectionState.Connecting or ConnectionState.Greeting)
            {
                _keeper.GoOnConnecting(connection);
                _pacing.OnRoom(connection);
                continue;
            }

            if (isReadable)
            {
                while (Receive(connection) && connection.HasPending)
                {
                }
            }

            if (isWritable && connection.HasUnsent)
            {
                SendRest(connection);
            }
        }
    }

    /// <returns>Whether there was something.</returns>
    private bool Receive(Connection connection)
    {
        int received = connection.Receive(out int error);
        if (received < 0 && error == 0)
        {
            return false;
        }

        if (received <= 0)
        {
            _keeper.Drop(connection, error == 0 ? "the server closed the connection" : SocketErrors.Text(error));
            return false;
        }

        long now = LoadClock.Now;
        Tally.PassTime(now);
        if (_intake.Read(connection, now))
        {
            _pacing.OnRoom(connection);
        }
        else
        {
            _keeper.Drop(connection, "the server broke the protocol");
        }

        return true;
    }

    private void SendRest(Connection connection)
    {
        int error = connection.SendRest();
        if (error == 0)
        {
            _pacing.OnRoom(connection);
        }
        else
        {
            _keeper.Drop(connection, SocketErrors.Text(error));
        }
    }
}
