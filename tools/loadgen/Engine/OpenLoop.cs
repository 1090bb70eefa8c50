namespace KvTcp.LoadGen;

/// <summary>
/// Requests are due at a fixed rate, whether or not replies arrive, and their latency counts from then. When no connection has room for
/// a due request it waits here, at the server's expense. For one thread.
/// </summary>
internal sealed class OpenLoop : Pacing
{
    private readonly RunSchedule _schedule;
    private readonly RequestSender _sender;
    private readonly ThreadTally _tally;
    private readonly Queue<Connection> _withRoom;
    private readonly double _interval;
    private readonly double _offset;
    private readonly long[] _due;
    private long _next;
    private long _idleUntil;
    private bool _isOver;

    /// <summary>Makes the loop.</summary>
    /// <param name="schedule">Says when it begins and ends.</param>
    /// <param name="sender">Sends the requests.</param>
    /// <param name="tally">Takes the delays of the generator.</param>
    /// <param name="share">This thread's part of the rate.</param>
    public OpenLoop(RunSchedule schedule, RequestSender sender, ThreadTally tally, RateShare share)
    {
        _schedule = schedule;
        _sender = sender;
        _tally = tally;
        _interval = LoadClock.Second / share.Rate * share.Threads;
        _offset = LoadClock.Second / share.Rate * share.Thread;
        _withRoom = new Queue<Connection>();
        _due = new long[sender.MaxCount];
    }

    /// <inheritdoc/>
    public override long NextDue => _isOver ? long.MaxValue : DueAt(_next);

    /// <inheritdoc/>
    public override bool IsBlocked(long now) => _withRoom.Count == 0 && NextDue <= now;

    /// <inheritdoc/>
    public override void OnRoom(Connection connection)
    {
        if (connection.Room > 0 && !connection.IsQueued)
        {
            connection.IsQueued = true;
            _withRoom.Enqueue(connection);
        }
    }

    /// <inheritdoc/>
    public override void OnTurn(long now)
    {
        while (NextDue <= now && _withRoom.TryDequeue(out Connection? connection))
        {
            connection.IsQueued = false;
            if (connection.Room > 0)
            {
                SendDue(connection, now);
                OnRoom(connection);
            }
        }

        // What was due before the end and woke the thread after it has been sent now; what still waits for room never will be.
        _isOver |= now >= _schedule.End;
    }

    /// <inheritdoc/>
    /// <remarks>What is due and was not sent before this moment waited for room, so the generator answers only for what comes after it.</remarks>
    public override void OnIdle(long now) => _idleUntil = now;

    /// <inheritdoc/>
    public override void Finish()
    {
        long end = Math.Min(_schedule.End, LoadClock.Now);
        _tally.Unsent = _schedule.IsSpent ? 0 : Math.Max(0, FirstDueFrom(end) - Math.Max(_next, FirstDueFrom(_schedule.Start)));
    }

    private void SendDue(Connection connection, long now)
    {
        ReadOnlySpan<long> due = TakeDue(now, connection.Room);
        if (due.IsEmpty)
        {
            // The run has ended, or all requests of the count have been sent.
            _isOver = true;
            return;
        }

        long sent = LoadClock.Now;
        foreach (long time in due)
        {
            if (time >= _schedule.Start)
            {
                _tally.SendDelay.RecordNanoseconds(sent - Math.Max(time, _idleUntil));
            }
        }

        _sender.Send(connection, due, sent);
    }

    /// <summary>The due requests for one connection: an equal share of them, so that all connections are used alike.</summary>
    private ReadOnlySpan<long> TakeDue(long now, int room)
    {
        double waiting = ((now - NextDue) / _interval) + 1;
        int most = (int)Math.Min(Math.Min(room, _due.Length), Math.Ceiling(waiting / (_withRoom.Count + 1)));
        int count = 0;
        while (count < most && NextDue is long due && due <= now && _schedule.Permit(1, due) > 0)
        {
            _due[count++] = due;
            _next++;
        }

        return _due.AsSpan(0, count);
    }

    private long DueAt(long request) => _schedule.Origin + (long)(_offset + (request * _interval));

    /// <summary>The first request that is due at a time or later.</summary>
    private long FirstDueFrom(long time)
    {
        long request = Math.Max(0, (long)((time - _schedule.Origin - _offset) / _interval) - 1);
        while (DueAt(request) < time)
        {
            request++;
        }

        return request;
    }
}
