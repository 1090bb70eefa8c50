namespace KvTcp.Server.Http;

/// <summary>What the HTTP API has done since start.</summary>
internal sealed record HttpStatsBody
{
    public long ConnectionsOpen { get; init; }

    public long ConnectionsAccepted { get; init; }

    public long ConnectionsRejected { get; init; }

    public long Requests { get; init; }

    public long KeyHits { get; init; }

    public long KeyMisses { get; init; }

    public long KeyFailures { get; init; }

    public long KeyErrors { get; init; }
}
