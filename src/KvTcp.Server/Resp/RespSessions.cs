using System.Collections.Concurrent;
using System.Net;

namespace KvTcp.Server.Resp;

/// <summary>The open connections that speak RESP. Thread-safe.</summary>
internal sealed class RespSessions
{
    private readonly ConcurrentDictionary<long, RespSession> _open = new();
    private long _lastId;

    /// <summary>Adds a connection; <see cref="Close"/> follows.</summary>
    /// <param name="remote">The client's end, if it has a name.</param>
    /// <param name="local">The server's end.</param>
    public RespSession Open(EndPoint? remote, EndPoint? local)
    {
        RespSession session = new(Interlocked.Increment(ref _lastId), remote, local);
        _open[session.Id] = session;
        return session;
    }

    /// <summary>Takes a connection out.</summary>
    public void Close(RespSession session) => _open.TryRemove(session.Id, out _);

    /// <summary>All connections, the oldest first.</summary>
    public IEnumerable<RespSession> All() => _open.Values.OrderBy(static session => session.Id);
}
