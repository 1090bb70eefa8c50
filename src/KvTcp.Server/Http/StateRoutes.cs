using System.Buffers;
using System.Text;
using KvTcp.Server.Metrics;
using Microsoft.AspNetCore.Http;

namespace KvTcp.Server.Http;

/// <summary>The routes that tell how the server does: health, statistics, and what it is. Thread-safe.</summary>
/// <param name="life">The server.</param>
/// <param name="counters">What the HTTP API has done.</param>
/// <param name="metrics">What Prometheus reads.</param>
/// <param name="stopping">Ends the streams of events.</param>
internal sealed class StateRoutes(ServerLife life, HttpCounters counters, PrometheusMetrics metrics, CancellationToken stopping)
{
    /// <summary>The type of what Prometheus reads.</summary>
    public const string MetricsType = "text/plain; version=0.0.4; charset=utf-8";

    private const string EventsType = "text/event-stream";
    private const string ReadDuration = "kvtcp_request_duration_seconds";

    /// <summary>How many of the keys that are asked for most are told.</summary>
    private const int ShownKeys = 10;

    private static readonly TimeSpan EventInterval = TimeSpan.FromSeconds(1);

    /// <summary>GET /health/live: whoever gets an answer knows that the process lives.</summary>
    public static Task GetLiveAsync(HttpContext context) =>
        SmallReply.Send(context.Response, StatusCodes.Status200OK, new HealthBody("live"), HttpJson.Default.HealthBody);

    /// <summary>GET /health/ready: whether requests for keys are answered.</summary>
    public Task GetReadyAsync(HttpContext context)
    {
        ReloadOutcome? last = life.Reloader?.State.Last;
        HealthBody body = Readiness() with
        {
            DatasetId = life.Datasets.Current?.Dataset.Id.ToString(),
            LastReload = last is null ? null : ReloadState.Word(last.Result),
            LastReloadReason = last?.Reason,
        };
        bool isReady = body.Reason is null;
        context.Response.Headers.RetryAfter = isReady ? default : "1";
        return SmallReply.Send(
            context.Response, isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, body, HttpJson.Default.HealthBody);
    }

    /// <summary>GET /metrics.</summary>
    public Task GetMetricsAsync(HttpContext context) =>
        SmallReply.Send(context.Response, Encoding.UTF8.GetBytes(metrics.Write()), MetricsType);

    /// <summary>GET /v1/stats.</summary>
    public Task GetStatsAsync(HttpContext context) =>
        SmallReply.Send(context.Response, StatusCodes.Status200OK, Stats(), HttpJson.Default.StatsBody);

    /// <summary>GET /v1/stats/events: the same once a second, as server-sent events, until the client or the server ends.</summary>
    public async Task GetEventsAsync(HttpContext context)
    {
        context.Response.ContentType = EventsType;
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        // A client that falls behind is not waited for: it is cut off like any other that does not read.
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        using PeriodicTimer second = new(EventInterval);
        try
        {
            do
            {
                context.Response.BodyWriter.Write("data: "u8);
                SmallReply.WriteJson(context.Response, Stats(), HttpJson.Default.StatsBody);
                context.Response.BodyWriter.Write("\n\n"u8);
                await context.Response.BodyWriter.FlushAsync(end.Token);
            }
            while (await second.WaitForNextTickAsync(end.Token));
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The page is closed, or the server stops.
        }
    }

    private StatsBody Stats()
    {
        (int open, long accepted) = counters.Connections;
        return new StatsBody(life.Stats())
        {
            Status = Readiness().Status,
            At = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(),
            ReadDuration = metrics.Histogram(ReadDuration),
            Http = new HttpStatsBody
            {
                ConnectionsOpen = open,
                ConnectionsAccepted = accepted,
                ConnectionsRejected = life.Refusals.Count(Refusal.HttpConnectionLimit) + life.Refusals.Count(Refusal.HttpAddressLimit),
                Requests = counters.Requests.Sum(static r => r.Count),
                KeyHits = counters.KeyHits.Value,
                KeyMisses = counters.KeyMisses.Value,
                KeyFailures = counters.KeyFailures.Value,
                KeyErrors = counters.KeyErrors.Value,
            },
            HotKeys = Shares(life.Samples.Hits),
            MissingKeys = Shares(life.Samples.Misses),
        };
    }

    private static IReadOnlyList<KeyShareBody> Shares(KeySamples samples) =>
        [.. samples.Top(ShownKeys).Select(static top => new KeyShareBody(top.Key.ToString(), top.Share))];

    private HealthBody Readiness() =>
        life.IsDraining ? new HealthBody("draining", "the server is stopping")
        : life.Trouble is string trouble ? new HealthBody("loading", trouble)
        : life.Server is null ? new HealthBody("loading", "the server is about to listen")
        : new HealthBody("ready");
}
