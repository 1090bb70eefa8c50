using System.Net;
using KvTcp.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace KvTcp.Server;

/// <summary>A running server: listens, answers from the current dataset, drains when stopped. Thread-safe.</summary>
/// <remarks>
/// It is a Kestrel server without the web host around it: only Kestrel's connections are wanted here, not HTTP, and not a host
/// with a lifetime, configuration and dependency injection of its own.
/// </remarks>
public sealed class KvServer : IAsyncDisposable
{
    private readonly ServerOptions _options;
    private readonly ConnectionRegistry _connections;
    private readonly Refusals _refusals;
    private readonly RequestRates? _rates;
    private readonly ILogger _logger;
    private readonly ServerTransport _transport;
    private readonly KestrelServer _kestrel;
    private readonly CancellationTokenSource _end = new();
    private readonly List<ListenOptions> _listening = [];
    private readonly List<ListenOptions> _secured = [];
    private Task _beats = Task.CompletedTask;
    private Task? _stopped;
    private Task? _disposed;

    private KvServer(ServerOptions options, ServerTransport transport, int admitted, ServerLife life, ILoggerFactory loggers)
    {
        _options = options;
        _logger = loggers.CreateLogger<KvServer>();
        _refusals = life.Refusals;
        _connections = new ConnectionRegistry(admitted, options.MaxConnectionsPerAddress, _refusals, _logger);
        _transport = transport;
        ServerReplies replies = new(life.Datasets, life.Reloader, _connections, _refusals, _transport, life.Samples, life.Engine);
        _rates = options.RequestsPerSecond is int rate ? new RequestRates(rate, options.IdleTimeout) : null;
        KvConnectionHandler handler = new(options, replies, life.Datasets, _connections, _rates, _logger);
        KestrelServerOptions kestrelOptions = new();
        foreach ((EndPoint endPoint, TlsCertificates? tls) in options.Listen.SelectMany(EndPointsOf))
        {
            kestrelOptions.Listen(_transport.EndPointFor(endPoint), listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Run(connection => handler.AnswerAsync(connection, tls));
                _listening.Add(listen);
                if (tls is not null)
                {
                    _secured.Add(listen);
                }
            });
        }

        _kestrel = new KestrelServer(Options.Create(kestrelOptions), new UnbindNotifier(_transport.Factory, EndConnections), loggers);
    }

    /// <summary>The end points in use, with the ports that the system chose for port 0, in the order of <see cref="ServerOptions.Listen"/>.</summary>
    public IReadOnlyList<EndPoint> EndPoints => [.. _listening.Select(static listen => listen.EndPoint)];

    /// <summary>The connections, for those who count them.</summary>
    internal ConnectionRegistry Connections => _connections;

    /// <summary>The certificates of TLS, if it is spoken.</summary>
    internal TlsCertificates? Tls => _options.Tls;

    /// <summary>What carries them.</summary>
    internal ServerTransport Transport => _transport;

    /// <summary>Binds every address and starts to serve.</summary>
    /// <param name="options">How to listen and what to allow.</param>
    /// <param name="datasets">The dataset to answer from, which may change. It stays the caller's: dispose it after the server.</param>
    /// <param name="reloader">Does what RELOAD and ROLLBACK ask for, and stays the caller's too; null to refuse them.</param>
    /// <param name="loggers">Where the server logs.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <returns>The server.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="ServerOptions.MaxRequestLine"/> is too small, or <see cref="ServerOptions.Loops"/>, or <see cref="ServerOptions.BusyPoll"/> is out of range.</exception>
    /// <exception cref="PlatformNotSupportedException">This system does not have the transport that is asked for.</exception>
    /// <exception cref="ListenException">An address cannot be bound, or the transport cannot be started; nothing is left listening.</exception>
    public static Task<KvServer> StartAsync(
        ServerOptions options, DatasetHolder datasets, Reloader? reloader, ILoggerFactory loggers, CancellationToken cancellationToken = default) =>
        StartAsync(options, new ServerLife(datasets, reloader), loggers, cancellationToken);

    /// <summary>The same, for a server whose life others ask about.</summary>
    /// <param name="options">How to listen and what to allow.</param>
    /// <param name="life">The datasets and the reloader, which stay the caller's. It is told that the server listens.</param>
    /// <param name="loggers">Where the server logs.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <returns>The server.</returns>
    public static async Task<KvServer> StartAsync(
        ServerOptions options, ServerLife life, ILoggerFactory loggers, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxRequestLine, ServerOptions.LeastMaxRequestLine, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Loops, 1, nameof(options));
        int admitted = OpenFileLimit.LineConnections(options.MaxConnections, life.HttpConnectionsLeft);
        if (admitted < options.MaxConnections)
        {
            ServerLog.FewerConnections(loggers.CreateLogger<KvServer>(), admitted, options.MaxConnections);
        }

        ServerTransport transport = ServerTransport.Choose(options, loggers);
        Task<KvServer> StartOverAsync() =>
            new KvServer(options, transport, admitted, life, loggers).StartAsync(life, cancellationToken);
        try
        {
            try
            {
                return await StartOverAsync();
            }
            catch (LoopEngineException exception) when (options.Transport == TransportKind.Auto && exception.Engine == LoopEngineKind.IoUring)
            {
                // Each loop takes as much as was tried out for one.
                transport = ServerTransport.ChooseNextToIoUring(exception.Reason, options, loggers);
                return await StartOverAsync();
            }
        }
        catch (LoopEngineException exception)
        {
            throw new ListenException(
                $"cannot start {transport.LoopCount} loops of {transport.Name}: {exception.Reason}; try fewer --loops, or another --transport", exception);
        }
    }

    /// <summary>
    /// Stops accepting, answers what has been read, closes. Connections that have not finished after
    /// <see cref="ServerOptions.DrainTimeout"/>, or when <paramref name="cancellationToken"/> fires, are reset.
    /// Later calls wait for the first.
    /// </summary>
    /// <param name="cancellationToken">Ends the drain early.</param>
    /// <returns>Completes when no connection is left.</returns>
    public Task StopAsync(CancellationToken cancellationToken = default)
    {
        lock (_listening)
        {
            return _stopped ??= DrainAsync(cancellationToken);
        }
    }

    /// <summary>Stops as <see cref="StopAsync"/> does. Later calls wait for the first.</summary>
    /// <returns>Completes when no connection is left.</returns>
    public async ValueTask DisposeAsync()
    {
        lock (_listening)
        {
            _disposed ??= EndAsync();
        }

        await _disposed;
    }

    private async Task EndAsync()
    {
        await StopAsync();
        _kestrel.Dispose();
        await _end.CancelAsync();
        await _beats;
        _end.Dispose();
        _rates?.Dispose();
    }

    private async Task<KvServer> StartAsync(ServerLife life, CancellationToken cancellationToken)
    {
        try
        {
            await _kestrel.StartAsync(new NoHttp(), cancellationToken);
        }
        catch
        {
            await _kestrel.StopAsync(CancellationToken.None);
            _kestrel.Dispose();
            _end.Dispose();
            throw;
        }

        _beats = BeatAsync();
        life.Serving(this);
        foreach (ListenAddress address in _options.Listen.Where(IsOpenToOthers))
        {
            ServerLog.BeyondLoopback(_logger, address.Text);
        }

        ServerLog.Transport(_logger, _transport.Name, _transport.LoopCount, _transport.Reason);
        foreach (EndPoint endPoint in EndPoints)
        {
            ServerLog.Listening(_logger, ListenSocket.Describe(endPoint));
        }

        foreach (ListenOptions secured in _secured)
        {
            ServerLog.ListeningWithTls(_logger, ListenSocket.Describe(secured.EndPoint), _options.Tls!.Description);
        }

        return this;
    }

    private bool IsOpenToOthers(ListenAddress address) =>
        address.IsBeyondLoopback && _options.AuthToken is null && (_options.Tls is null || address.IsPlain);

    /// <summary>The end points of an address, with the certificates of TLS for those that speak it: who may connect to a Unix socket sees no network.</summary>
    private IEnumerable<(EndPoint EndPoint, TlsCertificates? Tls)> EndPointsOf(ListenAddress address) =>
        address.EndPoints.Select(endPoint => (endPoint, endPoint is IPEndPoint && !address.IsPlain ? _options.Tls : null));

    private async Task BeatAsync()
    {
        TimeSpan pause = ConnectionRegistry.Beat;
        while (true)
        {
            await Task.Delay(pause, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_end.IsCancellationRequested)
            {
                _refusals.LogRest(_logger);
                return;
            }

            try
            {
                pause = _connections.OnHeartbeat(out bool isWhole);
                if (isWhole)
                {
                    _refusals.OnHeartbeat(_logger);
                }
            }
            catch (Exception exception)
            {
                // Without deadlines clients could keep what they hold for ever, so the next beat comes whatever happened to this one.
                ServerLog.HeartbeatFailed(_logger, exception);
            }
        }
    }

    private async Task DrainAsync(CancellationToken cancellationToken)
    {
        ServerLog.Stopping(_logger, _options.DrainTimeout.TotalSeconds);
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(_options.DrainTimeout);
        using CancellationTokenRegistration late = deadline.Token.Register(EndConnections);
        await _kestrel.StopAsync(deadline.Token);
        ServerLog.Stopped(_logger, _connections.Sum().Requests, _connections.Totals.Accepted);
    }

    /// <summary>
    /// Has the connections end, when no more are accepted or at the end of the drain: who comes later waits in the backlog, for the next server
    /// where the socket is inherited. May be called again.
    /// </summary>
    private void EndConnections()
    {
        _connections.Stop();
        _rates?.Stop();
    }

    /// <summary>Kestrel asks for an HTTP application; no end point here speaks HTTP, so none of it is ever called.</summary>
    private sealed class NoHttp : IHttpApplication<object>
    {
        public object CreateContext(IFeatureCollection contextFeatures) => throw Unreachable();

        public Task ProcessRequestAsync(object context) => throw Unreachable();

        public void DisposeContext(object context, Exception? exception) => throw Unreachable();

        private static NotSupportedException Unreachable() => new("No end point of this server speaks HTTP.");
    }
}
