namespace KvTcp.Server.Http;

/// <summary>A pair: the reply to a request for one key.</summary>
/// <param name="Key">The key in canonical form, whatever its case in the request.</param>
/// <param name="Value">The value.</param>
internal sealed record PairBody(string Key, string Value);
