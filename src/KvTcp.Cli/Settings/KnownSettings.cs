using KvTcp.Client;
using KvTcp.Protocol;
using KvTcp.Redis;
using KvTcp.Server;
using KvTcp.Server.Engine;
using KvTcp.Server.Http;
using KvTcp.Store;

namespace KvTcp.Cli;

/// <summary>Every setting, with its notation, its limits and its default. docs/command-line.md has the same table.</summary>
internal static class KnownSettings
{
    private static readonly ServerOptions ServerDefaults = new();
    private static readonly HttpOptions HttpDefaults = new();
    private static readonly DataFileOptions DataDefaults = new();
    private static readonly ReloadOptions ReloadDefaults = new();
    private static readonly UrlSourceOptions SourceDefaults = new();
    private static readonly EngineOptions EngineDefaults = new(new RedisUrl { Addresses = [] });
    private static readonly TimeSpan ShortestTimeout = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromHours(24);

    public static Setting<string> Data { get; } = new(
        "--data",
        "PATH|URL|-",
        "Data file, plain or gzip, or a snapshot; - is standard input; redis://host:port is an engine. Required. Repeatable: several data files load as one dataset",
        ValueParsers.Path,
        "",
        isList: true)
    {
        SecondEnvironmentName = "KV_DATA_FILE_PATH",
    };

    public static Setting<ListenAddress> Listen { get; } = new(
        "--listen",
        "HOST:PORT|plain:HOST:PORT|unix:PATH",
        "Where to listen; plain: is for no TLS where the others have it. Repeatable",
        ListenAddress.TryParseOptionallyPlain,
        ListenAddress.Default.Text,
        isList: true);

    public static Setting<ListenAddress> Http { get; } = new(
        "--http", "HOST:PORT|unix:PATH|off", "Where to offer the HTTP API", HttpSettings.TryParse, HttpDefaults.Listen.Text);

    /// <summary>The same for who asks there.</summary>
    public static Setting<ListenAddress> HealthHttp { get; } = new(
        "--http",
        "HOST:PORT|unix:PATH|off",
        "Where the server offers the HTTP API, which is asked for /health/ready; off to send PING to --server instead",
        HttpSettings.TryParse,
        HttpDefaults.Listen.Text);

    public static Setting<string> HttpHost { get; } = new(
        "--http-host",
        "NAME",
        "A host name by which HTTP clients call the server, beside localhost and IP addresses. Repeatable",
        HttpSettings.TryParseHost,
        "",
        isList: true);

    public static Setting<string> HttpOrigin { get; } = new(
        "--http-origin", "ORIGIN", "An origin whose pages may read HTTP replies (CORS). Repeatable", HttpSettings.TryParseOrigin, "", isList: true);

    public static Setting<long> HttpRateLimit { get; } = new(
        "--http-rate-limit", "N", "How many HTTP requests a second each client address may send; 0 for any number", ValueParsers.Integer(0, 1_000_000), "0");

    public static Setting<int> HttpMaxBody { get; } = new(
        "--http-max-body", "SIZE", "The longest body of an HTTP request", ValueParsers.Size(1024, 16 << 20), ValueParsers.Text(HttpDefaults.MaxBody));

    public static Setting<Uri> OtlpEndpoint { get; } = new(
        "--otlp-endpoint", "URL", "The OpenTelemetry collector to send metrics to, with OTLP over HTTP", HttpSettings.TryParseCollector, "")
    {
        SecondEnvironmentName = "OTEL_EXPORTER_OTLP_ENDPOINT",
    };

    public static Setting<TransportKind> Transport { get; } = new(
        "--transport",
        "auto|sockets|epoll|io_uring",
        "What carries the bytes; auto is io_uring where the system allows it, else epoll, and off Linux sockets",
        ValueParsers.Word(
            ("auto", TransportKind.Auto),
            ("sockets", TransportKind.Sockets),
            ("epoll", TransportKind.Epoll),
            ("io_uring", TransportKind.IoUring)),
        "auto");

    public static Setting<long> Loops { get; } = new(
        "--loops", "N", "Event loops, one thread each; by default one for each processor. Sockets have none", ValueParsers.Integer(1, 1024), "");

    public static Setting<long> BusyPoll { get; } = new(
        "--busy-poll",
        "MICROSECONDS",
        "How long a loop looks for requests before it sleeps, while they come that soon. Sockets have no loops",
        ValueParsers.Integer(0, 1000),
        "0");

    public static Setting<BadLinePolicy> OnBadLine { get; } = new(
        "--on-bad-line",
        "stop|skip",
        "What a bad line of a data file does",
        ValueParsers.Word(("stop", BadLinePolicy.Stop), ("skip", BadLinePolicy.Skip)),
        "stop");

    public static Setting<DuplicatePolicy> Duplicates { get; } = new(
        "--duplicates",
        "last|first|error",
        "Which of several pairs with one key is kept",
        ValueParsers.Word(("last", DuplicatePolicy.Last), ("first", DuplicatePolicy.First), ("error", DuplicatePolicy.Error)),
        "last");

    public static Setting<int> UuidVersion { get; } = new(
        "--uuid-version", "any|4", "Which UUIDs are keys, in data files and in requests", ValueParsers.Word(("any", 0), ("4", 4)), "any");

    public static Setting<int> MaxValueLength { get; } = new(
        "--max-value-length",
        "SIZE",
        "The longest value that a data file may hold",
        ValueParsers.Size(1, DataFileOptions.LargestMaxValueLength),
        ValueParsers.Text(DataDefaults.MaxValueLength));

    public static Setting<SnapshotLoad> Load { get; } = new(
        "--load",
        "map|copy",
        "Whether a snapshot is mapped, or read into memory and verified",
        ValueParsers.Word(("map", SnapshotLoad.Map), ("copy", SnapshotLoad.Copy)),
        "map");

    public static Setting<long> MaxConnections { get; } = new(
        "--max-connections",
        "N",
        "The most connections open at once; the next one gets ERR BUSY",
        ValueParsers.Integer(1, 1_000_000),
        $"{ServerDefaults.MaxConnections}");

    public static Setting<long> MaxConnectionsPerAddress { get; } = new(
        "--max-connections-per-address",
        "N",
        "The most connections open at once from one client address; 0 for any number",
        ValueParsers.Integer(0, 1_000_000),
        "0");

    public static Setting<long> RateLimit { get; } = new(
        "--rate-limit",
        "N",
        "How many requests a second each client address may send; those beyond have to wait. 0 for any number",
        ValueParsers.Integer(0, 100_000_000),
        "0");

    public static Setting<long> MaxKeys { get; } = new(
        "--max-keys", "N", "The most keys of one request", ValueParsers.Integer(1, ServerOptions.LargestMaxKeys), $"{ServerDefaults.MaxKeys}");

    public static Setting<int> MaxRequestLine { get; } = new(
        "--max-request-line",
        "SIZE",
        "The longest request line, LF included",
        ValueParsers.Size(ServerOptions.LeastMaxRequestLine, LineFraming.MaxRequestLine),
        ValueParsers.Text(ServerDefaults.MaxRequestLine));

    public static Setting<TimeSpan> FirstRequestTimeout { get; } = Timeout(
        "--first-request-timeout", "How long a connection may take to its first request", ServerDefaults.FirstRequestTimeout);

    public static Setting<TimeSpan> IdleTimeout { get; } = Timeout(
        "--idle-timeout", "How long a connection may go without a request after that", ServerDefaults.IdleTimeout);

    public static Setting<TimeSpan> UnreadReplyTimeout { get; } = Timeout(
        "--unread-reply-timeout", "How long a client may leave replies unread", ServerDefaults.UnreadReplyTimeout);

    public static Setting<TimeSpan> DrainTimeout { get; } = new(
        "--drain-timeout",
        "DURATION",
        "How long a stopping server waits for its connections",
        ValueParsers.Duration(TimeSpan.Zero, LongestTimeout),
        ValueParsers.Text(ServerDefaults.DrainTimeout));

    public static Setting<TimeSpan> OldDatasetTimeout { get; } = Timeout(
        "--old-dataset-timeout", "How long a reply may go on from a dataset that a reload has replaced", ServerDefaults.OldDatasetTimeout);

    public static Setting<TimeSpan> Watch { get; } = new(
        "--watch",
        "DURATION",
        "How often data files are looked at; a changed one that is at rest is loaded. Never by default",
        ValueParsers.Duration(ShortestTimeout, LongestTimeout),
        "");

    public static Setting<TimeSpan> Refresh { get; } = new(
        "--refresh",
        "DURATION",
        "How often URLs are asked for something new, give or take a tenth. Never by default",
        ValueParsers.Duration(ShortestTimeout, LongestTimeout),
        "");

    public static Setting<TimeSpan> SourceTimeout { get; } = Timeout(
        "--source-timeout", "How long the server of a URL may send nothing", SourceDefaults.Timeout);

    public static Setting<string> DownloadDirectory { get; } = new(
        "--download-directory", "PATH", "Where downloads lie until they are loaded; the system's temporary directory by default", ValueParsers.Path, "");

    public static Setting<double> MaxShrink { get; } = new(
        "--max-shrink",
        "PERCENT",
        "How many of the pairs a reload may lose; one that loses more is refused",
        ValueParsers.Percentage,
        $"{ReloadDefaults.MaxShrink * 100}%");

    public static Setting<bool> ReloadInPlace { get; } = new(
        "--reload-in-place",
        "yes|no",
        "Whether the old dataset is given up first where memory does not hold both; requests get ERR LOADING meanwhile",
        ValueParsers.Word(("yes", true), ("no", false)),
        "no",
        impliedText: "yes");

    public static Setting<ReadFrom> ReadFrom { get; } = new(
        "--read-from",
        "master|replica",
        "Which nodes of an engine that is a Cluster are read; replicas may be a moment behind",
        ValueParsers.Word(("master", Redis.ReadFrom.Master), ("replica", Redis.ReadFrom.Replica)),
        "master");

    public static Setting<TimeSpan> EngineTimeout { get; } = new(
        "--engine-timeout",
        "DURATION",
        "How long an engine may take to answer; what has no answer then is an error",
        ValueParsers.Duration(ShortestTimeout, TimeSpan.FromMinutes(1)),
        ValueParsers.Text(EngineDefaults.Timeout));

    public static Setting<long> CacheSize { get; } = new(
        "--cache-size",
        "SIZE",
        "How much memory a cache of what an engine has answered may take; 0 for no cache",
        ValueParsers.LongSize(0, 1L << 40),
        "0");

    public static Setting<TimeSpan> CacheTtl { get; } = new(
        "--cache-ttl",
        "DURATION",
        "How long a cached answer is given, half as long that a key is missing",
        ValueParsers.Duration(ShortestTimeout, LongestTimeout),
        ValueParsers.Text(EngineDefaults.CacheTtl));

    public static Setting<string> AuthTokenFile { get; } = new(
        "--auth-token-file", "PATH", "File with the token of AUTH; KVTCP_AUTH_TOKEN may hold the token itself", ValueParsers.Path, "");

    public static Setting<string> TlsCertificate { get; } = new(
        "--tls-cert", "PATH", "The server's certificate and those that vouch for it, as PEM; with it TCP addresses speak TLS", ValueParsers.Path, "");

    public static Setting<string> TlsKey { get; } = new("--tls-key", "PATH", "The key of --tls-cert, as PEM, not encrypted", ValueParsers.Path, "");

    public static Setting<string> TlsClientAuthority { get; } = new(
        "--tls-client-ca", "PATH", "Certificates, as PEM, one of which has to vouch for the certificate that each client has to show", ValueParsers.Path, "");

    public static Setting<bool> Tls { get; } = new(
        "--tls", "yes|no", "Whether to ask the server over TLS", ValueParsers.Word(("yes", true), ("no", false)), "no", impliedText: "yes");

    public static Setting<string> TlsAuthority { get; } = new(
        "--tls-ca", "PATH", "Certificates, as PEM, one of which has to vouch for the server's; the system's by default", ValueParsers.Path, "");

    public static Setting<string> TlsClientCertificate { get; } = new(
        "--tls-client-cert", "PATH", "The certificate to show to the server, as PEM", ValueParsers.Path, "");

    public static Setting<string> TlsClientKey { get; } = new("--tls-client-key", "PATH", "The key of --tls-client-cert", ValueParsers.Path, "");

    public static Setting<KvServerAddress> Server { get; } = new(
        "--server", "HOST:PORT|unix:PATH", "The server to ask", KvServerAddress.TryParse, KvServerAddress.Default.Text);

    /// <summary>What decides how data files are read.</summary>
    public static IReadOnlyList<Setting> OfDataFiles { get; } = [OnBadLine, Duplicates, UuidVersion, MaxValueLength];

    /// <summary>The same for files whose pairs are read one after the other, where the last of several pairs with one key is kept in any case.</summary>
    public static IReadOnlyList<Setting> OfStreamedFiles { get; } = [OnBadLine, UuidVersion, MaxValueLength];

    /// <summary>How a client speaks to a server over TLS.</summary>
    public static IReadOnlyList<Setting> OfClientTls { get; } = [Tls, TlsAuthority, TlsClientCertificate, TlsClientKey];

    /// <summary>What <c>kvtcp get</c>, <c>kvtcp reload</c>, <c>kvtcp rollback</c> and <c>kvtcp stats</c> take.</summary>
    public static IReadOnlyList<Setting> OfClients { get; } = [Server, AuthTokenFile, .. OfClientTls];

    /// <summary>What <c>kvtcp healthcheck</c> takes.</summary>
    public static IReadOnlyList<Setting> OfHealthCheck { get; } = [HealthHttp, Server, .. OfClientTls];

    /// <summary>What <c>kvtcp serve</c> takes.</summary>
    public static IReadOnlyList<Setting> OfServe { get; } =
    [
        Data, Listen, Http, HttpHost, HttpOrigin, HttpRateLimit, HttpMaxBody, OtlpEndpoint, Transport, Loops, BusyPoll, .. OfDataFiles,
        Load, MaxConnections, MaxConnectionsPerAddress, RateLimit, MaxKeys, MaxRequestLine, FirstRequestTimeout, IdleTimeout, UnreadReplyTimeout, DrainTimeout, OldDatasetTimeout, Watch,
        Refresh, SourceTimeout, DownloadDirectory, MaxShrink, ReloadInPlace, ReadFrom, EngineTimeout, CacheSize, CacheTtl, AuthTokenFile, TlsCertificate, TlsKey,
        TlsClientAuthority, .. KnownLogSettings.All,
    ];

    public static IReadOnlyList<Setting> All { get; } = [.. OfServe, Server, .. OfClientTls];

    private static Setting<TimeSpan> Timeout(string name, string description, TimeSpan defaultValue) => new(
        name, "DURATION", description, ValueParsers.Duration(ShortestTimeout, LongestTimeout), ValueParsers.Text(defaultValue));
}
