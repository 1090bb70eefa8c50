using System.Net;
using KvTcp.Server;
using KvTcp.Server.Engine;
using KvTcp.Server.Http;
using KvTcp.Store;

namespace KvTcp.Cli;

/// <summary>What <c>kvtcp serve</c> is to do. Immutable.</summary>
/// <param name="Sources">Where the data comes from; empty where an engine answers.</param>
/// <param name="Engine">The engine that answers; null where there is data to load.</param>
/// <param name="DataFiles">How to read it.</param>
/// <param name="Reload">When to load it again.</param>
/// <param name="Server">How to serve it.</param>
/// <param name="Credentials">The files of it that may change.</param>
/// <param name="Http">How to offer the HTTP API; null to offer none.</param>
/// <param name="Collector">Where to send metrics; null for nowhere.</param>
/// <param name="Log">What to log, and where.</param>
internal sealed record ServeSettings(
    IReadOnlyList<DatasetSource> Sources,
    EngineOptions? Engine,
    DataFileOptions DataFiles,
    ReloadOptions Reload,
    ServerOptions Server,
    IReadOnlyList<CredentialFiles> Credentials,
    HttpOptions? Http,
    Uri? Collector,
    LogSettings Log)
{
    /// <summary>Gathers it from the command line, the environment and the settings file.</summary>
    /// <param name="settings">These sources.</param>
    /// <param name="verbose">Whether debug messages are logged unless a log level is set.</param>
    /// <exception cref="CommandException">A setting is wrong, or there is no data.</exception>
    public static ServeSettings Resolve(SettingSources settings, bool verbose)
    {
        ServerOptions defaults = new();
        DataFileOptions dataFiles = DataFileSettings.Options(settings);
        TokenGuard? guard = AuthTokenSetting.Resolve(settings) is string token ? new TokenGuard(AuthToken.TryCreate(token)!) : null;
        TlsCertificates? tls = TlsServerSetting.Load(settings);
        ServerOptions server = defaults with
        {
            Listen = settings.GetAll(KnownSettings.Listen, defaults.Listen),
            Transport = settings.Get(KnownSettings.Transport, defaults.Transport),
            Loops = (int)settings.Get(KnownSettings.Loops, defaults.Loops),
            BusyPoll = TimeSpan.FromMicroseconds(settings.Get(KnownSettings.BusyPoll, 0)),
            MaxConnections = (int)settings.Get(KnownSettings.MaxConnections, defaults.MaxConnections),
            MaxRequestLine = settings.Get(KnownSettings.MaxRequestLine, defaults.MaxRequestLine),
            FirstRequestTimeout = settings.Get(KnownSettings.FirstRequestTimeout, defaults.FirstRequestTimeout),
            IdleTimeout = settings.Get(KnownSettings.IdleTimeout, defaults.IdleTimeout),
            UnreadReplyTimeout = settings.Get(KnownSettings.UnreadReplyTimeout, defaults.UnreadReplyTimeout),
            DrainTimeout = settings.Get(KnownSettings.DrainTimeout, defaults.DrainTimeout),
            OldDatasetTimeout = settings.Get(KnownSettings.OldDatasetTimeout, defaults.OldDatasetTimeout),
            MaxConnectionsPerAddress = UnlessZero(settings.Get(KnownSettings.MaxConnectionsPerAddress, 0)),
            RequestsPerSecond = UnlessZero(settings.Get(KnownSettings.RateLimit, 0)),
            MaxKeys = (int)settings.Get(KnownSettings.MaxKeys, defaults.MaxKeys),
            AuthToken = guard,
            Tls = tls,
            RequireVersion4 = dataFiles.UuidVersion is 4,
        };
        LogSettings log = LogSettings.Resolve(settings, verbose);
        IReadOnlyList<string> paths = settings.GetAll(KnownSettings.Data, []);
        EngineOptions? engine = EngineSettings.Resolve(settings, paths);
        IReadOnlyList<string> loaded = engine is null ? paths : [];
        HttpOptions? http = HttpSettings.Resolve(settings);
        CheckInheritedSockets([.. server.Listen, .. http is null ? [] : new[] { http.Listen }]);
        return paths.Count > 0
            ? new ServeSettings(
                SourceSettings.Sources(settings, loaded),
                engine,
                dataFiles,
                SourceSettings.Reload(settings, loaded),
                server,
                Files(settings.Get(KnownSettings.AuthTokenFile, ""), guard, tls),
                http,
                settings.Get<Uri>(KnownSettings.OtlpEndpoint, null!),
                log)
            : throw new CommandException(ExitCode.Usage, "no data to serve; name a file with --data PATH or in KV_DATA_FILE_PATH");
    }

    private static int? UnlessZero(long number) => number == 0 ? null : (int)number;

    /// <summary>Clients of a socket that systemd has opened, and nobody accepts at, would wait for ever.</summary>
    private static void CheckInheritedSockets(IReadOnlyList<ListenAddress> addresses)
    {
        foreach (EndPoint endPoint in InheritedSockets.EndPoints.Except(addresses.SelectMany(static address => address.EndPoints)))
        {
            throw new CommandException(
                ExitCode.Usage, $"a socket on {endPoint} was passed to this process, but neither --listen nor --http names that address");
        }
    }

    private static List<CredentialFiles> Files(string tokenFile, TokenGuard? guard, TlsCertificates? tls)
    {
        List<CredentialFiles> files = [];
        if (tokenFile.Length > 0)
        {
            files.Add(new TokenFile(tokenFile, guard!));
        }

        if (tls is not null)
        {
            files.Add(tls);
        }

        return files;
    }
}
