using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.IO.Pipelines;
using System.Net;
using KvTcp.Server.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace KvTcp.Server.Http;

/// <summary>The HTTP API of a server, docs/http.md, on an address of its own. It answers while the data is still being loaded. Thread-safe.</summary>
/// <remarks>
/// It is a web application without configuration, signals and logs of its own: those are the command's. Its connections go over .NET's
/// sockets and the thread pool, so that nothing that it does holds up a loop of the line protocol.
/// </remarks>
public sealed class HttpEndpoint : IAsyncDisposable
{
    private static readonly string[] Readers = [HttpMethods.Get, HttpMethods.Head];

    private readonly WebApplication _application;
    private readonly List<ListenOptions> _listening = [];
    private readonly HttpCounters _counters = new();
    private readonly PrometheusMetrics _prometheus;
    private readonly Refusals _refusals;
    private readonly HttpConnections _connections;
    private readonly HttpDeadlines _deadlines;
    private readonly LongHeads _longHeads;

    private HttpEndpoint(HttpOptions http, ServerOptions server, ServerLife life, ServerMetrics metrics, ILoggerFactory loggers)
    {
        metrics.Http = _counters;
        _refusals = life.Refusals;
        _connections = new HttpConnections(
            OpenFileLimit.HttpConnections(server.MaxConnections), server.MaxConnectionsPerAddress, _counters, life.Refusals);
        _prometheus = new PrometheusMetrics(metrics.Meter);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(static options => options.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        builder.Services.AddRoutingCore();
        builder.Services.ConfigureHttpJsonOptions(static json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, HttpJson.Default));
        OpenApiRoutes.AddTo(builder.Services);
        builder.Logging.AddProvider(new SharedLog(loggers)).AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, http, server));
        builder.Services.AddSingleton(
            services => ServerTransport.SparingFiles(ActivatorUtilities.CreateInstance<SocketTransportFactory>(services), loggers));
        builder.Services.Configure<SocketTransportOptions>(static sockets => sockets.CreateBoundListenSocket = ListenSocket.BindHttp);
        if (http.RequestsPerSecond is int perSecond)
        {
            RateLimits.AddTo(builder.Services, perSecond, life.Refusals);
        }

        if (http.AllowedOrigins.Count > 0)
        {
            builder.Services.AddCors(cors => cors.AddDefaultPolicy(
                policy => policy.WithOrigins([.. http.AllowedOrigins]).WithMethods("GET", "HEAD", "POST").AllowAnyHeader().WithExposedHeaders("ETag")));
        }

        _application = builder.Build();
        _deadlines = new HttpDeadlines(_application.Services.GetRequiredService<IMeterFactory>(), life.Refusals);
        _longHeads = new LongHeads(_application.Services.GetRequiredService<DiagnosticListener>(), life.Refusals);
        RequestGuard guard = new(new AllowedHosts(http.AllowedHosts), _counters, life.Samples, life.Refusals, loggers.CreateLogger<HttpEndpoint>());
        _application.Use(guard.Before);
        _application.UseRouting();
        if (http.AllowedOrigins.Count > 0)
        {
            _application.UseCors();
        }

        if (http.RequestsPerSecond is not null)
        {
            _application.UseRateLimiter();
        }

        Map(server, life);
    }

    /// <summary>The end points in use, with the port that the system chose for port 0.</summary>
    public IReadOnlyList<EndPoint> EndPoints => [.. _listening.Select(static listen => listen.EndPoint)];

    /// <summary>Binds the address and starts to answer.</summary>
    /// <param name="http">How to listen and what to allow.</param>
    /// <param name="server">The time-outs, the limits of connections, the token and which keys are accepted: as for the line protocol.</param>
    /// <param name="life">What to tell of.</param>
    /// <param name="metrics">What /metrics tells, and where to count.</param>
    /// <param name="loggers">Where to log.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="ListenException">The address cannot be bound; nothing is left listening.</exception>
    public static async Task<HttpEndpoint> StartAsync(
        HttpOptions http,
        ServerOptions server,
        ServerLife life,
        ServerMetrics metrics,
        ILoggerFactory loggers,
        CancellationToken cancellationToken = default)
    {
        HttpEndpoint endpoint = new(http, server, life, metrics, loggers);
        try
        {
            await endpoint._application.StartAsync(cancellationToken);
        }
        catch
        {
            await endpoint.ReleaseAsync();
            throw;
        }

        life.ServingHttp(() => endpoint._connections.Left);
        ILogger logger = loggers.CreateLogger<HttpEndpoint>();
        if (endpoint._connections.Limit < server.MaxConnections)
        {
            HttpLog.FewerConnections(logger, endpoint._connections.Limit, server.MaxConnections);
        }

        foreach (EndPoint address in endpoint.EndPoints)
        {
            HttpLog.Listening(logger, ListenSocket.Describe(address));
        }

        if (http.Listen.IsBeyondLoopback)
        {
            HttpLog.BeyondLoopback(logger, http.Listen.Text);
        }

        return endpoint;
    }

    /// <summary>Stops accepting, answers what has been read, closes.</summary>
    /// <param name="cutOff">Cuts off what is left.</param>
    public Task StopAsync(CancellationToken cutOff) => _application.StopAsync(cutOff);

    /// <summary>Cuts off what <see cref="StopAsync"/> has not ended.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(new CancellationToken(canceled: true));
        await ReleaseAsync();
    }

    private async ValueTask ReleaseAsync()
    {
        await _application.DisposeAsync();
        _deadlines.Dispose();
        _longHeads.Dispose();
        _prometheus.Dispose();
    }

    private void Configure(KestrelServerOptions kestrel, HttpOptions http, ServerOptions server)
    {
        kestrel.AddServerHeader = false;
        kestrel.AllowSynchronousIO = false;
        kestrel.Limits.MaxRequestBodySize = http.MaxBody;
        kestrel.Limits.MaxRequestBufferSize = http.MaxBody + kestrel.Limits.MaxRequestHeadersTotalSize;
        kestrel.Limits.RequestHeadersTimeout = server.FirstRequestTimeout;
        kestrel.Limits.KeepAliveTimeout = server.IdleTimeout;
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(240, Grace(server.FirstRequestTimeout));

        // UnreadReplyDeadline is stricter.
        kestrel.Limits.MinResponseDataRate = null;
        foreach (EndPoint endPoint in http.Listen.EndPoints)
        {
            kestrel.Listen(endPoint, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(next => connection => AdmitAsync(connection, next, server.UnreadReplyTimeout));
                _listening.Add(listen);
            });
        }
    }

    /// <summary>Has Kestrel answer a connection that the limits allow, and sees it to its end.</summary>
    private async Task AdmitAsync(ConnectionContext connection, ConnectionDelegate next, TimeSpan unreadReplyTimeout)
    {
        if (!_connections.TryOpen(connection.RemoteEndPoint))
        {
            connection.Abort();
            return;
        }

        UnreadReplyDeadline deadline = new(connection, unreadReplyTimeout, _refusals);
        IDuplexPipe transport = connection.Transport;
        try
        {
            connection.Features.GetRequiredFeature<IConnectionHeartbeatFeature>()
                .OnHeartbeat(static watched => ((UnreadReplyDeadline)watched).OnHeartbeat(), deadline);
            connection.Transport = new WatchedTransport(transport, _counters, deadline);
            await next(connection);

            // A client may still not take the last replies. Until the transport is done with it, it counts and has a deadline.
            deadline.WaitStarts();
            connection.Transport = transport;
            await connection.DisposeAsync();
        }
        finally
        {
            _connections.Close(connection.RemoteEndPoint);
        }
    }

    /// <summary>Kestrel looks once a second, and refuses a shorter grace.</summary>
    private static TimeSpan Grace(TimeSpan timeout) => timeout > TimeSpan.FromSeconds(2) ? timeout : TimeSpan.FromSeconds(2);

    private void Map(ServerOptions server, ServerLife life)
    {
        HttpLookups lookups = new(life.Datasets, server.RequireVersion4, _counters, life.Samples, life.Engine);
        TokenCheck token = new(server.AuthToken, life.Refusals);
        IReadOnlyList<HttpRoute> routes = HttpRoutes.All(
            new KeyRoutes(lookups, server),
            new BatchRoute(lookups, server, life.Refusals),
            new DatastoreRoute(lookups, server),
            new OperatorRoutes(life),
            new StateRoutes(life, _counters, _prometheus, _application.Lifetime.ApplicationStopping),
            new DashboardRoutes());
        foreach (HttpRoute route in routes)
        {
            bool isReader = HttpMethods.IsGet(route.Method);
            IEndpointConventionBuilder endpoint = _application
                .MapMethods(route.Pattern, isReader ? Readers : [route.Method], route.NeedsToken ? token.Before(route.Handler) : route.Handler)
                .WithMetadata([route, _counters.Of(route.Pattern), route.Handler.Method, .. Metadata(route)]);
            if (route.IsUnlimited)
            {
                endpoint.DisableRateLimiting();
            }
        }

        _application.MapOpenApi("/openapi/{documentName}.json");
    }

    private static IEnumerable<object> Metadata(HttpRoute route)
    {
        foreach (HttpReply reply in route.Replies)
        {
            yield return new ProducesResponseTypeMetadata(reply.Status, reply.Type ?? typeof(void), reply.Type is null ? [] : [reply.ContentType]);
        }

        if (route.Body is not null)
        {
            yield return new AcceptsMetadata([SmallReply.Json], route.Body);
        }
    }

    /// <summary>The command decides when the server ends; this host listens to no signal.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>The log of the server, which outlives the application.</summary>
    private sealed class SharedLog(ILoggerFactory loggers) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => loggers.CreateLogger(categoryName);

        public void Dispose()
        {
        }
    }
}
