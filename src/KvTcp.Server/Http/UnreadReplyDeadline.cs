using Microsoft.AspNetCore.Connections;

namespace KvTcp.Server.Http;

/// <summary>
/// Resets an HTTP connection whose client does not take a part of its replies, of up to some 128 KiB, in time. Kestrel's own limit is a rate, so that
/// a client that has taken a megabyte at once might leave the next one for an hour. Thread-safe.
/// </summary>
/// <param name="connection">The connection.</param>
/// <param name="limit">How long one part may wait for the client; exact to the second of Kestrel's heartbeat.</param>
/// <param name="refusals">Where it is counted.</param>
internal sealed class UnreadReplyDeadline(ConnectionContext connection, TimeSpan limit, Refusals refusals)
{
    private const long NoWait = -1;

    private long _waitsSince = NoWait;

    /// <summary>The connection waits for the client to take what was written; <see cref="WaitEnds"/> follows unless it ends meanwhile.</summary>
    public void WaitStarts() => Volatile.Write(ref _waitsSince, Environment.TickCount64);

    /// <summary>The client has taken some of it.</summary>
    public void WaitEnds() => Volatile.Write(ref _waitsSince, NoWait);

    /// <summary>Looks at the connection; never twice at once.</summary>
    public void OnHeartbeat()
    {
        long since = Volatile.Read(ref _waitsSince);
        if (since != NoWait && Environment.TickCount64 - since >= limit.TotalMilliseconds)
        {
            WaitEnds();
            refusals.Note(Refusal.HttpUnreadReplyTimeout, connection.RemoteEndPoint);
            connection.Abort(new ConnectionAbortedException("The client did not take its replies in time."));
        }
    }
}
