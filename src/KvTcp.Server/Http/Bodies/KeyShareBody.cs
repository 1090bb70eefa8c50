namespace KvTcp.Server.Http;

/// <summary>How often a key is asked for.</summary>
/// <param name="Key">The key.</param>
/// <param name="Share">Its share of the hits, or misses, of a sample: from 0 to 1.</param>
internal sealed record KeyShareBody(string Key, double Share);
