using Microsoft.AspNetCore.Http;

namespace KvTcp.Server.Http;

/// <summary>The routes that tell how the server does: health, statistics, and what it is. Thread-safe.</summary>
/// <param name="life">The server.</param>
/// <param name="counters">What the HTTP API has done.</param>
internal sealed class StateRoutes(ServerLife life, HttpCounters counters)
{
    /// <summary>GET /: what this is.</summary>
    public static Task GetRootAsync(HttpContext context) => SmallReply.Send(
        context.Response,
        StatusCodes.Status200OK,
        new MessageBody($"kvtcp {CommandReplies.ServerVersion}, a read-only key/value server; /openapi/v1.json describes its routes"),
        HttpJson.Default.MessageBody);

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

    /// <summary>GET /v1/stats.</summary>
    public Task GetStatsAsync(HttpContext context)
    {
        (int open, long accepted, long rejected) = counters.Connections;
        StatsBody body = new(life.Stats())
        {
            Http = new HttpStatsBody
            {
                ConnectionsOpen = open,
                ConnectionsAccepted = accepted,
                ConnectionsRejected = rejected,
                Requests = counters.Requests.Sum(static r => r.Count),
                KeyHits = counters.KeyHits.Value,
                KeyMisses = counters.KeyMisses.Value,
                KeyErrors = counters.KeyErrors.Value,
            },
        };
        return SmallReply.Send(context.Response, StatusCodes.Status200OK, body, HttpJson.Default.StatsBody);
    }

    private HealthBody Readiness() =>
        life.IsDraining ? new HealthBody("draining", "the server is stopping")
        : life.Datasets.Current is null ? new HealthBody("loading", "no dataset is loaded")
        : life.Server is null ? new HealthBody("loading", "the server is about to listen")
        : new HealthBody("ready");
}
