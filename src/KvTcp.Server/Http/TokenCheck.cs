using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace KvTcp.Server.Http;

/// <summary>
/// Lets only those through who show the token of AUTH: as a bearer token (RFC 6750), or as the password of any user (RFC 7617). Thread-safe.
/// </summary>
/// <param name="guard">Knows the token; null if there is none, when nobody gets through.</param>
/// <param name="refusals">Where wrong tokens are counted.</param>
internal sealed class TokenCheck(TokenGuard? guard, Refusals refusals)
{
    private const string Bearer = "Bearer ";
    private const string Basic = "Basic ";

    /// <summary>Puts the check before a handler.</summary>
    public RequestDelegate Before(RequestDelegate handler) => context =>
    {
        if (guard is null)
        {
            return SmallReply.Problem(
                context.Response, StatusCodes.Status403Forbidden, "this needs a token, and the server has none: see KVTCP_AUTH_TOKEN");
        }

        byte[]? shown = Shown(context.Request.Headers.Authorization.ToString());
        TokenVerdict? verdict = shown is null ? null : guard.Check(shown, AddressOf(context));
        return verdict switch
        {
            TokenVerdict.Right => handler(context),
            null => Refuse(context.Response, isHeldOff: false),
            _ => RefuseLaterAsync(context, guard, verdict.Value),
        };
    };

    private async Task RefuseLaterAsync(HttpContext context, TokenGuard guard, TokenVerdict verdict)
    {
        refusals.Note(Refusals.Of(verdict), RemoteEnd.Of(context.Features));
        await Task.Delay(guard.Delay, context.RequestAborted);
        await Refuse(context.Response, isHeldOff: verdict == TokenVerdict.HeldOff);
    }

    private static Task Refuse(HttpResponse response, bool isHeldOff)
    {
        if (isHeldOff)
        {
            response.Headers.RetryAfter = ((int)WrongTokenLimit.Interval.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            return SmallReply.Problem(response, StatusCodes.Status429TooManyRequests, "too many wrong tokens from this address; see Retry-After");
        }

        response.Headers.WWWAuthenticate = new(["Basic realm=\"kvtcp\", charset=\"UTF-8\"", "Bearer realm=\"kvtcp\""]);
        return SmallReply.Problem(response, StatusCodes.Status401Unauthorized, "this needs the server's token");
    }

    /// <summary>Whom wrong tokens are counted for; null over a Unix socket, which has no addresses.</summary>
    private static IPAddress? AddressOf(HttpContext context) =>
        context.Connection.RemoteIpAddress is IPAddress address ? ClientNetwork.Of(address) : null;

    /// <summary>The token that a request shows; null when it shows none.</summary>
    private static byte[]? Shown(string authorization)
    {
        if (authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            return Encoding.UTF8.GetBytes(authorization[Bearer.Length..].Trim(' '));
        }

        if (!authorization.StartsWith(Basic, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        // user-pass = user-id ":" password
        string encoded = authorization[Basic.Length..].Trim(' ');
        byte[] decoded = new byte[encoded.Length];
        if (!Convert.TryFromBase64String(encoded, decoded, out int length))
        {
            return null;
        }

        int colon = decoded.AsSpan(0, length).IndexOf((byte)':');
        return colon >= 0 ? decoded[(colon + 1)..length] : null;
    }
}
