namespace KvTcp.Server;

/// <summary>Counts the open connections against their limit, and sums up what open and closed ones have done. Thread-safe.</summary>
/// <param name="limit">The most connections open at once.</param>
internal sealed class ConnectionRegistry(int limit)
{
    private readonly Lock _lock = new();
    private readonly HashSet<ConnectionCounters> _open = [];
    private readonly ConnectionCounters _closed = new();
    private long _accepted;
    private long _rejected;
    private long _timedOut;

    /// <summary>Connections accepted, rejected at the limit, closed by a deadline, since start.</summary>
    public (long Accepted, long Rejected, long TimedOut) Totals
    {
        get
        {
            lock (_lock)
            {
                return (_accepted, _rejected, _timedOut);
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
    /// <returns>Whether the limit allows it; if so, <see cref="Remove"/> follows.</returns>
    public bool TryAdd(ConnectionCounters counters)
    {
        lock (_lock)
        {
            if (_open.Count >= limit)
            {
                _rejected++;
                return false;
            }

            _accepted++;
            _open.Add(counters);
            return true;
        }
    }

    /// <summary>Takes a connection out, keeping what it has done.</summary>
    public void Remove(ConnectionCounters counters, bool timedOut)
    {
        lock (_lock)
        {
            _open.Remove(counters);
            _closed.Add(counters);
            _timedOut += timedOut ? 1 : 0;
        }
    }

    /// <summary>What all connections together have done since start.</summary>
    public ConnectionCounters Sum()
    {
        ConnectionCounters sum = new();
        lock (_lock)
        {
            sum.Add(_closed);
            foreach (ConnectionCounters counters in _open)
            {
                sum.Add(counters);
            }
        }

        return sum;
    }
}
