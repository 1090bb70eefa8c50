using KvTcp.Protocol;
using KvTcp.Protocol.Resp;

namespace KvTcp.Server;

/// <summary>How a server listens and what it allows its clients. Immutable; every limit counts per server unless it says otherwise.</summary>
public sealed record ServerOptions
{
    /// <summary>Where to listen. Default: 127.0.0.1:7878.</summary>
    public IReadOnlyList<ListenAddress> Listen { get; init; } = [ListenAddress.Default];

    /// <summary>What carries the bytes. Default: the fastest that this system has.</summary>
    public TransportKind Transport { get; init; } = TransportKind.Auto;

    /// <summary>How many event loops, one thread each, share the connections; 1 or more. Sockets have none. Default: one for each processor.</summary>
    public int Loops { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// How long an event loop without requests looks for more before it sleeps, while requests come about that soon; up to 1 ms. Sockets
    /// have none. Default: zero, which sleeps at once.
    /// </summary>
    public TimeSpan BusyPoll { get; init; }

    /// <summary>The most connections open at once; the next one gets <c>ERR BUSY</c> and is closed. Default: 10,000.</summary>
    public int MaxConnections { get; init; } = 10_000;

    /// <summary>
    /// The most connections open at once from one client address, a network of IPv6 counting as one; the next one is refused likewise. HTTP
    /// counts its own, and closes the next one. A Unix socket has no addresses. Null, the default, for no such limit.
    /// </summary>
    public int? MaxConnectionsPerAddress { get; init; }

    /// <summary>
    /// How many requests a second each client address may send on average, and ten times that at once; those beyond have to wait. A Unix socket
    /// has no addresses. Null, the default, for any number.
    /// </summary>
    public int? RequestsPerSecond { get; init; }

    /// <summary>The most that <see cref="MaxKeys"/> may be.</summary>
    public const int LargestMaxKeys = RespRequestParser.MaxArguments;

    /// <summary>
    /// The most keys of one request, 1 to <see cref="LargestMaxKeys"/>, the default. A request line holds 1,771, whatever this allows.
    /// </summary>
    public int MaxKeys { get; init; } = LargestMaxKeys;

    /// <summary>The least that <see cref="MaxRequestLine"/> may be.</summary>
    public const int LeastMaxRequestLine = 1024;

    /// <summary>The longest request line in bytes, LF included: <see cref="LeastMaxRequestLine"/> or more. Default: 65,536.</summary>
    public int MaxRequestLine { get; init; } = LineFraming.MaxRequestLine;

    /// <summary>How long a connection may take to send its first complete request, the handshake of TLS included. Default: 10 s.</summary>
    public TimeSpan FirstRequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection may go without a complete request after one was answered. Default: 5 min.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a client may leave replies unread before its connection is reset. Default: 10 s.</summary>
    public TimeSpan UnreadReplyTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a reply may go on from a dataset that is served no more before its connection is reset, so that no slow reader keeps
    /// that in memory for ever. Default: 1 min.
    /// </summary>
    public TimeSpan OldDatasetTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>What clients have to show with AUTH, except on a Unix socket; null, the default, for nothing.</summary>
    public TokenGuard? AuthToken { get; init; }

    /// <summary>
    /// The certificates of TLS, which every TCP address of <see cref="Listen"/> speaks then, except those that are <see cref="ListenAddress.IsPlain"/>.
    /// Null, the default, for no TLS.
    /// </summary>
    public TlsCertificates? Tls { get; init; }

    /// <summary>How long <see cref="KvServer.StopAsync"/> waits for connections to finish before it resets them. Default: 10 s.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether keys in requests must be of UUID version 4. Default: any version.</summary>
    public bool RequireVersion4 { get; init; }
}
