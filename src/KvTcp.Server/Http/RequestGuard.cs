using KvTcp.Server.Metrics;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace KvTcp.Server.Http;

/// <summary>What surrounds every request: the headers that each reply has, the check of Host, errors, the count. Thread-safe.</summary>
/// <param name="hosts">Who may be meant.</param>
/// <param name="counters">Where requests are counted.</param>
/// <param name="samples">Hears how long some of them take.</param>
/// <param name="refusals">Where bodies that are too long are counted.</param>
/// <param name="logger">Hears of bugs.</param>
internal sealed class RequestGuard(AllowedHosts hosts, HttpCounters counters, RequestSamples samples, Refusals refusals, ILogger logger)
{
    // No reply of this API is a page, so a browser need not load or run anything for one.
    private static readonly StringValues ContentSecurityPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    private static readonly StringValues NoSniff = "nosniff";
    private static readonly StringValues SameOrigin = "same-origin";
    private static readonly StringValues NoStore = "no-store";

    private readonly RouteCounter _noRoute = counters.Of(HttpRoute.Unknown);

    /// <summary>Puts the guard before everything else.</summary>
    public RequestDelegate Before(RequestDelegate next) => context => AnswerAsync(context, next);

    private async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        long begun = RequestSamples.BeginRead();
        SetHeaders(context.Response.Headers);
        try
        {
            if (hosts.Allows(context.Request.Host))
            {
                await next(context);
                await ExplainAsync(context.Response);
            }
            else
            {
                await SmallReply.Problem(context.Response, StatusCodes.Status400BadRequest, "this server is not known by that Host; see --http-host");
            }
        }
        catch (BadHttpRequestException exception) when (!context.Response.HasStarted)
        {
            if (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
            {
                refusals.Note(Refusal.HttpBodyTooLong, RemoteEnd.Of(context.Features));
            }

            await SmallReply.Problem(context.Response, exception.StatusCode, Reason(exception.StatusCode));
        }
        catch (Exception exception) when (IsLoss(exception, context))
        {
            HttpLog.ConnectionLost(logger, context.Connection.Id, exception.Message);
            if (!context.Response.HasStarted)
            {
                // For the count; nobody reads it.
                context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            }

            context.Abort();
        }
#pragma warning disable CA1031 // A bug in one request is no reason to end the server.
        catch (Exception exception)
        {
            HttpLog.RequestFailed(logger, exception, context.Connection.Id);
            await AnswerBugAsync(context);
        }
#pragma warning restore CA1031

        Endpoint? endpoint = context.GetEndpoint();
        (endpoint?.Metadata.GetMetadata<RouteCounter>() ?? _noRoute).Add(context.Response.StatusCode);
        if (begun != 0 && endpoint?.Metadata.GetMetadata<HttpRoute>() is { IsUnlimited: false })
        {
            // The other routes are asked by those who watch the server, and streams of events take as long as a page is open.
            samples.EndHttpRequest(begun);
        }
    }

    /// <summary>Whether the client has gone, or the server ends. What reads a body may hear of that before the request is said to be aborted.</summary>
    private static bool IsLoss(Exception exception, HttpContext context) =>
        exception is OperationCanceledException or ConnectionResetException || (exception is IOException && context.RequestAborted.IsCancellationRequested);

    private static void SetHeaders(IHeaderDictionary headers)
    {
        headers.CacheControl = NoStore;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = NoSniff;
        headers["Cross-Origin-Resource-Policy"] = SameOrigin;
    }

    /// <summary>Gives a body to errors that have none, such as those of routing.</summary>
    private static Task ExplainAsync(HttpResponse response) =>
        response.StatusCode >= StatusCodes.Status400BadRequest && response.ContentType is null && !response.HasStarted
            ? SmallReply.Problem(response, response.StatusCode, Reason(response.StatusCode))
            : Task.CompletedTask;

    private static Task AnswerBugAsync(HttpContext context)
    {
        if (context.Response.HasStarted || context.Response.ContentType is not null)
        {
            // What has been written would be taken for the whole.
            context.Abort();
            return Task.CompletedTask;
        }

        return SmallReply.Problem(context.Response, StatusCodes.Status500InternalServerError, "internal error; the server's log has the reason");
    }

    private static string Reason(int status) => status switch
    {
        StatusCodes.Status404NotFound => "there is no such route; /openapi/v1.json describes those that are",
        StatusCodes.Status405MethodNotAllowed => "the route does not have this method; Allow names those that it has",
        StatusCodes.Status408RequestTimeout => "the body did not come in time",
        StatusCodes.Status413PayloadTooLarge => "the body is too long; see --http-max-body",
        _ => "the request is not HTTP as this server expects it",
    };
}
