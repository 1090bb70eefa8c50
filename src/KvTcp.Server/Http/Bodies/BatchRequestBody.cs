namespace KvTcp.Server.Http;

/// <summary>The request of POST /v1/keys.</summary>
/// <param name="Keys">1 to 1,000 keys.</param>
internal sealed record BatchRequestBody(IReadOnlyList<string?>? Keys);
