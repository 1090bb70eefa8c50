using Microsoft.Extensions.Logging;

namespace KvTcp.Server;

/// <summary>Counts the open connections against their limit, and sums up what open and closed ones have done. Thread-safe.</summary>
/// <param name="limit">The most connections open at once.</param>
/// <param name="limitPerAddress">The most of one client address; null for any number.</param>
/// <param name="refusals">Where those that are turned away are counted.</param>
/// <param name="logger">Hears of bugs.</param>
internal sealed class ConnectionRegistry(int limit, int? limitPerAddress, Refusals refusals, ILogger logger)
{
    /// <summary>How long it takes to look at the deadlines of all connections, again and again.</summary>
    public static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    /// <summary>In how many parts, at most, connections are looked at.</summary>
    private const int MostParts = 20;

    /// <summary>So many are looked at at once in any case.</summary>
    private const int LeastPart = 16;

    private readonly Lock _lock = new();
    private readonly HashSet<ConnectionDeadlines> _open = [];
    private readonly HashSet<ConnectionDeadlines> _refused = [];
    private readonly List<ConnectionDeadlines> _beating = [];
    private readonly ConnectionCounters _closed = new();
    private readonly AddressCounts _addresses = new(limitPerAddress);
    private int _looked;
    private int _pauses;
    private long _accepted;
    private long _timedOut;
    private bool _isStopping;

    /// <summary>Connections accepted, rejected at a limit, closed by a deadline, since start.</summary>
    public (long Accepted, long Rejected, long TimedOut) Totals
    {
        get
        {
            lock (_lock)
            {
                return (_accepted, refusals.Count(Refusal.ConnectionLimit) + refusals.Count(Refusal.AddressLimit), _timedOut);
            }
        }
    }

    /// <summary>Connections open now.</summary>
    public int Open
    {
        get
        {
            lock (_lock)
            {
                return _open.Count;
            }
        }
    }

    /// <summary>Registers a new connection.</summary>
    /// <returns>Whether the limits allow it. <see cref="Remove"/> follows in either case.</returns>
    public bool TryAdd(ConnectionDeadlines connection)
    {
        lock (_lock)
        {
            Refusal? refusal = _open.Count >= limit ? Refusal.ConnectionLimit : _addresses.TryAdd(connection.Remote) ? null : Refusal.AddressLimit;
            if (refusal is Refusal reason)
            {
                refusals.Note(reason, connection.Remote);
                _refused.Add(connection);
                return false;
            }

            _accepted++;
            _open.Add(connection);
            if (_isStopping)
            {
                connection.Stop();
            }

            return true;
        }
    }

    /// <summary>Takes a connection out, keeping what it has done.</summary>
    public void Remove(ConnectionDeadlines connection)
    {
        lock (_lock)
        {
            if (_open.Remove(connection))
            {
                _closed.Add(connection.Counters);
                _addresses.Remove(connection.Remote);
                _timedOut += connection.HasExpired ? 1 : 0;
            }
            else
            {
                _refused.Remove(connection);
            }
        }
    }

    /// <summary>Has every connection finish what it has read and close, those that are still to come too.</summary>
    public void Stop()
    {
        ConnectionDeadlines[] open;
        lock (_lock)
        {
            _isStopping = true;
            open = [.. _open];
        }

        // Over sockets a connection goes on, and may end, before this returns; so in the next method.
        Array.ForEach(open, static connection => connection.Stop());
    }

    /// <summary>Looks at the deadlines of some connections, refused ones too, and of all in the course of a second; never twice at once.</summary>
    /// <remarks>
    /// Clients that came together reach their deadlines together. Were all of them closed in one moment, and were they to come again in the
    /// next, everybody else would wait for that.
    /// </remarks>
    /// <param name="isWhole">Whether all have been looked at, and the next look begins anew.</param>
    /// <returns>How long to wait until then.</returns>
    public TimeSpan OnHeartbeat(out bool isWhole)
    {
        if (_beating is [])
        {
            StartBeat();
        }

        int end = Math.Min(_beating.Count, _looked + Math.Max(LeastPart, (_beating.Count + MostParts - 1) / MostParts));
        while (_looked < end)
        {
            Look(_beating[_looked++]);
        }

        TimeSpan pause = Beat / MostParts;
        isWhole = _looked == _beating.Count;
        if (!isWhole)
        {
            _pauses++;
            return pause;
        }

        _beating.Clear();
        _looked = 0;
        return Beat - (pause * _pauses);
    }

    /// <summary>What all connections together have done since start.</summary>
    public ConnectionCounters Sum()
    {
        ConnectionCounters sum = new();
        lock (_lock)
        {
            sum.Add(_closed);
            foreach (ConnectionDeadlines connection in _open)
            {
                sum.Add(connection.Counters);
            }
        }

        return sum;
    }

    private void StartBeat()
    {
        _pauses = 0;
        lock (_lock)
        {
            _beating.AddRange(_open);
            _beating.AddRange(_refused);
        }
    }

    private void Look(ConnectionDeadlines connection)
    {
        lock (_lock)
        {
            if (!_open.Contains(connection) && !_refused.Contains(connection))
            {
                // It has ended since the beat began.
                return;
            }
        }

        try
        {
            connection.OnHeartbeat();
        }
        catch (Exception exception)
        {
            // The deadlines of the others pass all the same.
            ServerLog.HeartbeatFailed(logger, exception);
        }
    }
}
