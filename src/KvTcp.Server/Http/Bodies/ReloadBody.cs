namespace KvTcp.Server.Http;

/// <summary>The reply to POST /admin/reload and /admin/rollback.</summary>
/// <param name="Result"><c>done</c>, <c>unchanged</c> or <c>rolled_back</c>.</param>
/// <param name="DatasetId">The dataset that is served from then on.</param>
/// <param name="Reason">What was done, for people.</param>
internal sealed record ReloadBody(string Result, string DatasetId, string Reason);
