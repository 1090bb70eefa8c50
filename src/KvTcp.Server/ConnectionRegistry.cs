using System.Net;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace KvTcp.Server;

/// <summary>Counts the open connections against their limit, and sums up what open and closed ones have done. Thread-safe.</summary>
/// <param name="limit">The most connections open at once.</param>
/// <param name="limitPerAddress">The most of one client address; null for any number.</param>
/// <param name="refusals">Where those that are turned away are counted.</param>
/// <param name="logger">Hears of bugs.</param>
internal sealed class ConnectionRegistry(int limit, int? limitPerAddress, Refusals refusals, ILogger logger)
{
    private readonly Lock _lock = new();
    private readonly HashSet<ConnectionDeadlines> _open = [];
    private readonly HashSet<ConnectionDeadlines> _refused = [];
    private readonly List<ConnectionDeadlines> _beating = [];
    private readonly ConnectionCounters _closed = new();
    private readonly Dictionary<IPAddress, int> _openOfAddress = [];
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
            Refusal? refusal = _open.Count >= limit ? Refusal.ConnectionLimit : TryCount(connection) ? null : Refusal.AddressLimit;
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
                Uncount(connection);
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

    /// <summary>Looks at the deadlines of every connection, refused ones too; never twice at once.</summary>
    public void OnHeartbeat()
    {
        lock (_lock)
        {
            _beating.AddRange(_open);
            _beating.AddRange(_refused);
        }

        foreach (ConnectionDeadlines connection in _beating)
        {
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

        _beating.Clear();
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

    private bool TryCount(ConnectionDeadlines connection)
    {
        if (limitPerAddress is null || ClientNetwork.Of(connection.Remote) is not IPAddress client)
        {
            return true;
        }

        ref int count = ref CollectionsMarshal.GetValueRefOrAddDefault(_openOfAddress, client, out _);
        if (count >= limitPerAddress)
        {
            return false;
        }

        count++;
        return true;
    }

    private void Uncount(ConnectionDeadlines connection)
    {
        if (limitPerAddress is not null && ClientNetwork.Of(connection.Remote) is IPAddress client && --_openOfAddress[client] == 0)
        {
            _openOfAddress.Remove(client);
        }
    }
}
