using System.Net.Sockets;

namespace KvTcp.LoadGen;

/// <summary>Connects, gives up connections that break or are silent too long, and connects them again. For one thread.</summary>
internal sealed class ConnectionKeeper
{
    /// <summary>Servers accept connections one after the other, and refuse or delay those that do not fit in their queue.</summary>
    private const int ConnectedAtOnce = 64;

    private static readonly long FirstPause = LoadClock.Second / 100;
    private static readonly long LongestPause = LoadClock.Second / 2;

    private readonly SocketTarget _target;
    private readonly RunSchedule _schedule;
    private readonly ThreadTally _tally;
    private readonly long _timeout;
    private long _lastLook;
    private long _unreachable;
    private bool _hasFailedToConnect;
    private string _lastError = "";

    /// <summary>Makes the keeper.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="target">The server.</param>
    /// <param name="schedule">Says what is measured.</param>
    /// <param name="tally">Counts.</param>
    public ConnectionKeeper(LoadPlan plan, SocketTarget target, RunSchedule schedule, ThreadTally tally)
    {
        _target = target;
        _schedule = schedule;
        _tally = tally;
        _timeout = LoadClock.Nanoseconds(plan.Timeout);
    }

    /// <summary>Makes all connections, for the first time, unless the run is abandoned meanwhile.</summary>
    /// <param name="connections">The connections.</param>
    /// <param name="poll">Watches them.</param>
    /// <exception cref="System.Net.Sockets.SocketException">One cannot be made.</exception>
    public void ConnectAll(Connection[] connections, Poll poll)
    {
        foreach (Connection[] some in connections.Chunk(ConnectedAtOnce))
        {
            long deadline = LoadClock.Now + _timeout;
            bool isLate = false;
            foreach (Connection connection in some)
            {
                ThrowOn(connection.BeginConnect(_target));
            }

            while (!_schedule.IsAbandoned && some.Any(static connection => connection.State != ConnectionState.Open))
            {
                // What was made in time is seen by the wait below, however late this thread comes to it.
                ThrowOn(isLate ? LinuxCalls.TimedOut : 0);
                isLate = LoadClock.Now >= deadline;
                for (int i = poll.Wait(FirstPause) - 1; i >= 0; i--)
                {
                    Connection connection = connections[poll.Event(i).Number];
                    if (connection.State == ConnectionState.Connecting)
                    {
                        ThrowOn(connection.EndConnect());
                    }
                    else if (connection.State == ConnectionState.Greeting && connection.Greet() is string failure)
                    {
                        throw new SocketException(LinuxCalls.ProtocolError, failure);
                    }
                }
            }
        }
    }

    /// <summary>Goes on to connect again, when the socket is ready.</summary>
    /// <param name="connection">The connection.</param>
    public void GoOnConnecting(Connection connection)
    {
        string? failure = connection.State == ConnectionState.Greeting ? connection.Greet()
            : connection.EndConnect() is not 0 and int error ? SocketErrors.Text(error)
            : null;
        if (failure is not null)
        {
            Drop(connection, failure);
        }
        else if (connection.State == ConnectionState.Open && LoadClock.Now >= _schedule.Start)
        {
            _tally.Reconnects++;
        }
    }

    /// <summary>Closes a connection that cannot be used any more, and counts what was in flight on it.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="reason">Why.</param>
    public void Drop(Connection connection, string reason)
    {
        _lastError = reason;
        _hasFailedToConnect |= connection.State != ConnectionState.Open;
        for (; connection.InFlight.Count > 0; connection.InFlight.Remove())
        {
            _tally.Lost += connection.InFlight.OldestDue >= _schedule.Start ? 1 : 0;
        }

        connection.Close();
        connection.Deadline = LoadClock.Now + Math.Min(LongestPause, FirstPause << Math.Min(connection.Failures - 1, 10));
    }

    /// <summary>Looks for requests without a reply, and for connections to be made again.</summary>
    /// <param name="connections">The connections.</param>
    /// <param name="now">A time up to which all that has happened to the sockets is known: from before the last wait for events.</param>
    public void LookAfter(Connection[] connections, long now)
    {
        // A pause of the generator counts as one look: it cannot know whether the server was there meanwhile.
        _unreachable += Math.Min(now - _lastLook, FirstPause);
        _lastLook = now;
        foreach (Connection connection in connections)
        {
            switch (connection.State)
            {
                case ConnectionState.Open:
                    (_unreachable, _hasFailedToConnect) = (0, false);
                    DropTimedOut(connection, now);
                    break;
                case ConnectionState.Connecting or ConnectionState.Greeting when now >= connection.Deadline:
                    Drop(connection, "no answer");
                    break;
                case ConnectionState.Down when now >= connection.Deadline && now < _schedule.End:
                    ConnectAgain(connection);
                    break;
            }
        }

        if (_unreachable >= _timeout && _hasFailedToConnect && now < _schedule.End)
        {
            _schedule.Stop(now, $"the server could not be reached for {_timeout / (double)LoadClock.Second} s ({_lastError}), so the run ended early");
        }
    }

    private static void ThrowOn(int error)
    {
        if (error != 0)
        {
            throw SocketErrors.Exception(error);
        }
    }

    private void DropTimedOut(Connection connection, long now)
    {
        if (connection.InFlight.Count == 0 || now - connection.InFlight.OldestSent < _timeout)
        {
            return;
        }

        for (; connection.InFlight.Count > 0 && now - connection.InFlight.OldestSent >= _timeout; connection.InFlight.Remove())
        {
            _tally.Timeouts += connection.InFlight.OldestDue >= _schedule.Start ? 1 : 0;
        }

        Drop(connection, "no reply");
    }

    private void ConnectAgain(Connection connection)
    {
        connection.Deadline = LoadClock.Now + _timeout;
        int error = connection.BeginConnect(_target);
        if (error != 0)
        {
            Drop(connection, SocketErrors.Text(error));
        }
    }
}
