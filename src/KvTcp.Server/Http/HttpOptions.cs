using System.Net;

namespace KvTcp.Server.Http;

/// <summary>How a server offers its HTTP API, docs/http.md. Immutable. What counts for connections of any protocol stands in <see cref="ServerOptions"/>.</summary>
public sealed record HttpOptions
{
    /// <summary>127.0.0.1:8080.</summary>
    public static ListenAddress DefaultListen { get; } = new("127.0.0.1:8080", [new IPEndPoint(IPAddress.Loopback, 8080)]);

    /// <summary>Where to listen. Default: <see cref="DefaultListen"/>.</summary>
    public ListenAddress Listen { get; init; } = DefaultListen;

    /// <summary>
    /// The host names by which clients may call the server, beside localhost and IP addresses: <c>kv.example.org</c>,
    /// <c>*.example.org</c> for all under a name, <c>*</c> for any. Default: none.
    /// </summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>The origins whose pages may read replies, such as <c>https://example.org</c>. Default: none, and no CORS.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>How many requests a second one client address may send on average; ten seconds' worth at once. Default: null, any number.</summary>
    public int? RequestsPerSecond { get; init; }

    /// <summary>The longest request body in bytes. Default: 128 KiB, enough for a batch of <see cref="MaxBatch"/> keys.</summary>
    public int MaxBody { get; init; } = 128 * 1024;

    /// <summary>The most keys of a batch.</summary>
    public const int MaxBatch = 1_000;
}
