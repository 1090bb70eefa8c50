namespace KvTcp.Server.Http;

/// <summary>The request of POST /get_value.</summary>
/// <param name="Key">The key.</param>
internal sealed record KeyBody(string? Key);
