namespace KvTcp.Server.Http;

/// <summary>A reply that says something to people.</summary>
/// <param name="Message">What it says.</param>
internal sealed record MessageBody(string Message);
