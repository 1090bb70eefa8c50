namespace KvTcp.Server.Http;

/// <summary>The reply to POST /get_value.</summary>
/// <param name="Value">The value.</param>
internal sealed record ValueBody(string Value);
