namespace KvTcp.Server.Http;

/// <summary>One key of a batch.</summary>
/// <param name="Key">The key in canonical form.</param>
/// <param name="Value">The value; null when the key is unknown.</param>
internal sealed record BatchItemBody(string Key, string? Value);
