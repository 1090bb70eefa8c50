namespace KvTcp.Server.Http;

/// <summary>One key of a batch.</summary>
/// <param name="Key">The key in canonical form.</param>
/// <param name="Value">The value; null when the key is unknown.</param>
/// <param name="Error">Why nothing is known of the key, when the engine that answers has given no answer.</param>
internal sealed record BatchItemBody(string Key, string? Value, string? Error = null);
