using System.Collections.Concurrent;

namespace KvTcp.Server.Http;

/// <summary>What the HTTP API has done since start. Thread-safe.</summary>
internal sealed class HttpCounters
{
    private readonly ConcurrentDictionary<string, RouteCounter> _routes = new(StringComparer.Ordinal);
    private long _accepted;
    private int _open;

    /// <summary>Keys found.</summary>
    public StripedCounter KeyHits { get; } = new();

    /// <summary>Keys not found.</summary>
    public StripedCounter KeyMisses { get; } = new();

    /// <summary>Keys that an engine has given no answer to.</summary>
    public StripedCounter KeyFailures { get; } = new();

    /// <summary>Malformed keys.</summary>
    public StripedCounter KeyErrors { get; } = new();

    /// <summary>Bytes of requests.</summary>
    public StripedCounter BytesReceived { get; } = new();

    /// <summary>Bytes of replies.</summary>
    public StripedCounter BytesSent { get; } = new();

    /// <summary>Requests by the pattern of their route and the status of their reply.</summary>
    public IEnumerable<(string Route, int Status, long Count)> Requests =>
        _routes.SelectMany(static route => route.Value.Counts.Select(count => (route.Key, count.Status, count.Count)));

    /// <summary>Connections open now, accepted since start.</summary>
    public (int Open, long Accepted) Connections => (Volatile.Read(ref _open), Volatile.Read(ref _accepted));

    /// <summary>Where the requests of a route are counted; routes with one pattern share it.</summary>
    /// <param name="route">The pattern.</param>
    public RouteCounter Of(string route) => _routes.GetOrAdd(route, static _ => new RouteCounter());

    /// <summary>Counts a new connection; <see cref="Close"/> follows.</summary>
    public void Open()
    {
        Interlocked.Increment(ref _open);
        Interlocked.Increment(ref _accepted);
    }

    /// <summary>Counts the end of a connection.</summary>
    public void Close() => Interlocked.Decrement(ref _open);
}
