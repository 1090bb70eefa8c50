namespace KvTcp.Server.Http;

/// <summary>The reply to POST /v1/keys.</summary>
/// <param name="DatasetId">The dataset that all values are from; null where an engine answers.</param>
/// <param name="Items">A pair for each key, in the order asked.</param>
internal sealed record BatchReplyBody(string? DatasetId, IReadOnlyList<BatchItemBody> Items);
