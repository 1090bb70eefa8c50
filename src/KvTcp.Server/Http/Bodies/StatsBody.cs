using KvTcp.Server.Metrics;

namespace KvTcp.Server.Http;

/// <summary>The reply to GET /v1/stats: what STATS tells, and what HTTP has done.</summary>
/// <param name="Server">What STATS tells.</param>
internal sealed record StatsBody(ServerStats Server)
{
    /// <summary>Whether keys are answered: <c>ready</c>, <c>loading</c> or <c>draining</c>.</summary>
    public required string Status { get; init; }

    /// <summary>When this was so, in milliseconds since 1970.</summary>
    public required long At { get; init; }

    /// <summary>How long reads took, in seconds: a sample, since the start.</summary>
    public required HistogramCounts ReadDuration { get; init; }

    /// <summary>HTTP connections and the keys that were asked for over them.</summary>
    public required HttpStatsBody Http { get; init; }

    /// <summary>The keys that are found most often, of late, the most frequent first.</summary>
    public required IReadOnlyList<KeyShareBody> HotKeys { get; init; }

    /// <summary>The keys that are asked for most often, of late, and not found.</summary>
    public required IReadOnlyList<KeyShareBody> MissingKeys { get; init; }
}
