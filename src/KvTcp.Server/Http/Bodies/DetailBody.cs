namespace KvTcp.Server.Http;

/// <summary>The reply of GET /debug/item/{id} for an unknown key.</summary>
/// <param name="Detail">What is wrong.</param>
internal sealed record DetailBody(string Detail);
