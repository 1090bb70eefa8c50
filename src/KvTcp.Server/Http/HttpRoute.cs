using Microsoft.AspNetCore.Http;

namespace KvTcp.Server.Http;

/// <summary>A row of the table of routes. Immutable.</summary>
/// <param name="Method">GET, which stands for HEAD too, or POST.</param>
/// <param name="Pattern">The path, with the parameter in braces.</param>
/// <param name="Handler">Answers.</param>
/// <param name="Summary">What it is for.</param>
/// <param name="Replies">What it may answer, the usual one first.</param>
internal sealed record HttpRoute(string Method, string Pattern, RequestDelegate Handler, string Summary, params IReadOnlyList<HttpReply> Replies)
{
    /// <summary>What stands for the pattern of a request without a route.</summary>
    public const string Unknown = "none";

    /// <summary>The type of the request's body.</summary>
    public Type? Body { get; init; }

    /// <summary>A body as JSON.</summary>
    public string? BodyExample { get; init; }

    /// <summary>The names of the parameters after the question mark, with what they mean.</summary>
    public IReadOnlyList<(string Name, string Meaning)> Query { get; init; } = [];

    /// <summary>Whether only who shows the token is answered.</summary>
    public bool NeedsToken { get; init; }

    /// <summary>Whether the rate limit leaves it alone: those who watch the server must not lose sight of it when it is busy.</summary>
    public bool IsUnlimited { get; init; }
}
