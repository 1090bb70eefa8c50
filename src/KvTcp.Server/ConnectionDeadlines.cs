using System.Net;
using Microsoft.AspNetCore.Connections;

namespace KvTcp.Server;

/// <summary>
/// Closes a connection that sends no complete request in time, does not take its replies, goes on too long with an old dataset, or has
/// to end because the server stops.
/// </summary>
/// <remarks>
/// The connection only counts what it gets done; the server's heartbeat, about once a second, compares the count with what it was before.
/// So a deadline costs a request nothing, no timer per connection is needed, and deadlines are exact to about a second.
/// </remarks>
internal sealed class ConnectionDeadlines
{
    private readonly ServerOptions _options;
    private readonly ConnectionContext _connection;
    private readonly RequestDispatcher _dispatcher;
    private ServedDataset? _oldDataset;
    private long _oldSince;
    private long _flushes;
    private bool _isFlushing;
    private bool _isPaused;
    private bool _wasFlushing;
    private long _seen;
    private long _since = Environment.TickCount64;
    private volatile bool _hasExpired;
    private volatile bool _isStopping;

    /// <summary>Starts to watch a connection that has just been accepted.</summary>
    public ConnectionDeadlines(ServerOptions options, ConnectionContext connection, RequestDispatcher dispatcher)
    {
        _options = options;
        _connection = connection;
        _dispatcher = dispatcher;
    }

    /// <summary>The client's end of the connection.</summary>
    public EndPoint? Remote => _connection.RemoteEndPoint;

    /// <summary>What the connection gets done.</summary>
    public ConnectionCounters Counters => _dispatcher.Counters;

    /// <summary>Whether a deadline has closed the connection.</summary>
    public bool HasExpired => _hasExpired;

    /// <summary>Whether the connection is to answer what it has read, and close.</summary>
    public bool MustClose => _hasExpired || _isStopping;

    /// <summary>Ends the wait for requests, since the server stops. Thread-safe.</summary>
    public void Stop()
    {
        _isStopping = true;
        _connection.Transport.Input.CancelPendingRead();
    }

    /// <summary>The connection waits for the client to take replies; <see cref="FlushEnds"/> follows.</summary>
    public void FlushStarts() => Volatile.Write(ref _isFlushing, true);

    /// <summary>The client has taken replies.</summary>
    public void FlushEnds()
    {
        Volatile.Write(ref _flushes, _flushes + 1);
        Volatile.Write(ref _isFlushing, false);
    }

    /// <summary>The connection waits for the server, a reload or an engine say, as long as that takes; <see cref="PauseEnds"/> follows.</summary>
    public void PauseStarts() => Volatile.Write(ref _isPaused, true);

    /// <summary>That has ended.</summary>
    public void PauseEnds()
    {
        Volatile.Write(ref _flushes, _flushes + 1);
        Volatile.Write(ref _isPaused, false);
    }

    /// <summary>Looks at the connection; called by the heartbeat, never twice at once.</summary>
    public void OnHeartbeat()
    {
        LookAtDataset();
        if (Volatile.Read(ref _isPaused))
        {
            return;
        }

        // Read first: when it changes after this, so do the counts below, and the wait starts anew.
        bool isFlushing = Volatile.Read(ref _isFlushing);
        long requests = Volatile.Read(ref Counters.Requests);
        long done = requests + Volatile.Read(ref _flushes);
        if (done != _seen || isFlushing != _wasFlushing)
        {
            _seen = done;
            _wasFlushing = isFlushing;
            _since = Environment.TickCount64;
            return;
        }

        TimeSpan limit = isFlushing ? _options.UnreadReplyTimeout : requests == 0 ? _options.FirstRequestTimeout : _options.IdleTimeout;
        if (Environment.TickCount64 - _since < limit.TotalMilliseconds)
        {
            return;
        }

        Expire(isFlushing ? Refusal.UnreadReplyTimeout : requests == 0 ? Refusal.FirstRequestTimeout : Refusal.IdleTimeout);
        if (isFlushing)
        {
            _connection.Abort(new ConnectionAbortedException("The client did not take its replies in time."));
        }
        else
        {
            // The handler then closes, which is a wait for the client to take what has been written.
            _connection.Transport.Input.CancelPendingRead();
        }
    }

    private void Expire(Refusal reason)
    {
        if (!_hasExpired)
        {
            _hasExpired = true;
            _dispatcher.Refusals.Note(reason, Remote);
        }
    }

    /// <summary>Bounds how long a reply, however slowly it is taken, keeps a dataset in memory that is served no more.</summary>
    private void LookAtDataset()
    {
        ServedDataset? old = _dispatcher.OldDataset;
        if (old is null || old != _oldDataset)
        {
            _oldDataset = old;
            _oldSince = Environment.TickCount64;
        }
        else if (Environment.TickCount64 - _oldSince >= _options.OldDatasetTimeout.TotalMilliseconds)
        {
            Expire(Refusal.OldDatasetTimeout);
            _connection.Abort(new ConnectionAbortedException("The client took its replies too slowly: their dataset is served no more."));
        }
    }
}
