using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace KvTcp.Server.Http;

/// <summary>The dashboard: a page for browsers and the files it is made of, which lie in this assembly. Thread-safe.</summary>
internal sealed class DashboardRoutes
{
    private const string Prefix = "dashboard/";
    private const string Page = "index.html";

    // Scripts and styles come from files of this server only, none stands in the page, and nothing may be sent elsewhere.
    private static readonly StringValues ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private readonly FrozenDictionary<string, DashboardFile> _files = Read();

    /// <summary>GET /: the page for browsers, and a message for programs.</summary>
    public Task GetAsync(HttpContext context)
    {
        context.Response.Headers.Vary = "Accept";
        return context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
            ? Send(context, _files[Page])
            : SmallReply.Send(
                context.Response,
                StatusCodes.Status200OK,
                new MessageBody($"kvtcp {CommandReplies.ServerVersion}, a read-only key/value server; /openapi/v1.json describes its routes"),
                HttpJson.Default.MessageBody);
    }

    /// <summary>GET /dashboard/{file}: a file of the page.</summary>
    public Task GetFileAsync(HttpContext context) =>
        context.Request.RouteValues["file"] is string name && _files.TryGetValue(name, out DashboardFile? file)
            ? Send(context, file)
            : SmallReply.Problem(context.Response, StatusCodes.Status404NotFound, "the dashboard has no such file");

    private static Task Send(HttpContext context, DashboardFile file)
    {
        context.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers.ETag = file.EntityTag;
        if (EntityTags.Match(context.Request.Headers.IfNoneMatch, file.EntityTag))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        return SmallReply.Send(context.Response, file.Bytes, file.ContentType);
    }

    private static FrozenDictionary<string, DashboardFile> Read()
    {
        var assembly = typeof(DashboardRoutes).Assembly;
        return assembly.GetManifestResourceNames()
            .Where(static name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .ToFrozenDictionary(static name => name[Prefix.Length..], name =>
            {
                using Stream stream = assembly.GetManifestResourceStream(name)!;
                byte[] bytes = new byte[stream.Length];
                stream.ReadExactly(bytes);
                return new DashboardFile(bytes, ContentType(Path.GetExtension(name)), $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))[..16]}\"");
            }, StringComparer.Ordinal);
    }

    private static string ContentType(string extension) => extension switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        _ => throw new InvalidOperationException($"A file of the dashboard ends in {extension}."),
    };

    private sealed record DashboardFile(byte[] Bytes, string ContentType, string EntityTag);
}
