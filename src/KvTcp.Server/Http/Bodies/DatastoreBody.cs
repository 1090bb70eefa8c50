namespace KvTcp.Server.Http;

/// <summary>The reply to GET /debug/datastore.</summary>
/// <param name="Datastore">Values by key.</param>
/// <param name="NextCursor">Where to go on, with a limit; null at the end.</param>
internal sealed record DatastoreBody(IReadOnlyDictionary<string, string> Datastore, string? NextCursor);
