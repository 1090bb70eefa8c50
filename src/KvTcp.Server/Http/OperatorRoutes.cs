using Microsoft.AspNetCore.Http;

namespace KvTcp.Server.Http;

/// <summary>POST /admin/reload and /admin/rollback. Thread-safe.</summary>
/// <param name="life">The reloads.</param>
internal sealed class OperatorRoutes(ServerLife life)
{
    /// <summary>Reloads, and answers when that is done.</summary>
    public Task ReloadAsync(HttpContext context) => RunAsync(context, static reloader => reloader.ReloadAsync(ReloadTrigger.Command));

    /// <summary>Returns to the dataset before the last reload.</summary>
    public Task RollBackAsync(HttpContext context) => RunAsync(context, static reloader => reloader.RollBackAsync());

    private async Task RunAsync(HttpContext context, Func<Reloader, Task<ReloadOutcome>> start)
    {
        if (life.Server is null)
        {
            await SmallReply.Problem(context.Response, StatusCodes.Status503ServiceUnavailable, "the first load is under way");
        }
        else if (life.Reloader is null)
        {
            await SmallReply.Problem(context.Response, StatusCodes.Status409Conflict, "this server never reloads");
        }
        else if (context.Request.Headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site")
        {
            // A browser that knows the token would send it with a form of any page.
            await SmallReply.Problem(context.Response, StatusCodes.Status403Forbidden, "pages of other origins may not ask for this");
        }
        else
        {
            ReloadOutcome outcome = await start(life.Reloader).WaitAsync(context.RequestAborted);
            await (outcome.Result switch
            {
                ReloadResult.Refused => SmallReply.Problem(context.Response, StatusCodes.Status409Conflict, outcome.Reason),
                ReloadResult.Failed => SmallReply.Problem(context.Response, StatusCodes.Status500InternalServerError, outcome.Reason),
                _ => SmallReply.Send(
                    context.Response,
                    StatusCodes.Status200OK,
                    new ReloadBody(ReloadState.Word(outcome.Result), outcome.DatasetId.ToString(), outcome.Reason),
                    HttpJson.Default.ReloadBody),
            });
        }
    }
}
