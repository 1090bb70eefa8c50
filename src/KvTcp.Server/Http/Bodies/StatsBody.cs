namespace KvTcp.Server.Http;

/// <summary>The reply to GET /v1/stats: what STATS tells, and what HTTP has done.</summary>
/// <param name="Server">What STATS tells.</param>
internal sealed record StatsBody(ServerStats Server)
{
    /// <summary>HTTP connections and the keys that were asked for over them.</summary>
    public required HttpStatsBody Http { get; init; }

    /// <summary>The keys that are found most often, of late, the most frequent first.</summary>
    public required IReadOnlyList<KeyShareBody> HotKeys { get; init; }

    /// <summary>The keys that are asked for most often, of late, and not found.</summary>
    public required IReadOnlyList<KeyShareBody> MissingKeys { get; init; }
}
