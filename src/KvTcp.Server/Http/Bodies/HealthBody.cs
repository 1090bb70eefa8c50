namespace KvTcp.Server.Http;

/// <summary>How the server does: the replies of /health/live and /health/ready.</summary>
/// <param name="Status"><c>live</c>, <c>ready</c>, <c>loading</c> or <c>draining</c>.</param>
/// <param name="Reason">Why it is not ready.</param>
internal sealed record HealthBody(string Status, string? Reason = null)
{
    /// <summary>The dataset that is served.</summary>
    public string? DatasetId { get; init; }

    /// <summary>How the last reload or rollback ended: done, unchanged, rolled_back, refused, failed.</summary>
    public string? LastReload { get; init; }

    /// <summary>Why it ended so.</summary>
    public string? LastReloadReason { get; init; }
}
