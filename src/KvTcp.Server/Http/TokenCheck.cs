using System.Text;
using Microsoft.AspNetCore.Http;

namespace KvTcp.Server.Http;

/// <summary>
/// Lets only those through who show the token of AUTH: as a bearer token (RFC 6750), or as the password of any user (RFC 7617). Thread-safe.
/// </summary>
/// <param name="token">The token; null if there is none, when nobody gets through.</param>
internal sealed class TokenCheck(AuthToken? token)
{
    private const string Bearer = "Bearer ";
    private const string Basic = "Basic ";

    /// <summary>Puts the check before a handler.</summary>
    public RequestDelegate Before(RequestDelegate handler) => context =>
    {
        if (token is null)
        {
            return SmallReply.Problem(
                context.Response, StatusCodes.Status403Forbidden, "this needs a token, and the server has none: see KVTCP_AUTH_TOKEN");
        }

        if (IsShown(context.Request.Headers.Authorization.ToString()))
        {
            return handler(context);
        }

        context.Response.Headers.WWWAuthenticate = new(["Basic realm=\"kvtcp\", charset=\"UTF-8\"", "Bearer realm=\"kvtcp\""]);
        return SmallReply.Problem(context.Response, StatusCodes.Status401Unauthorized, "this needs the server's token");
    };

    private bool IsShown(string authorization)
    {
        if (authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            return token!.Matches(Encoding.UTF8.GetBytes(authorization[Bearer.Length..].Trim(' ')));
        }

        if (!authorization.StartsWith(Basic, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        // user-pass = user-id ":" password
        string encoded = authorization[Basic.Length..].Trim(' ');
        byte[] decoded = new byte[encoded.Length];
        if (!Convert.TryFromBase64String(encoded, decoded, out int length))
        {
            return false;
        }

        int colon = decoded.AsSpan(0, length).IndexOf((byte)':');
        return colon >= 0 && token!.Matches(decoded.AsSpan(colon + 1, length - colon - 1));
    }
}
