namespace KvTcp.Redis;

/// <summary>What has kept a request from its reply. Immutable.</summary>
/// <param name="Reason">One line, for people, which names the node.</param>
/// <param name="IsLoading">Whether the node is still reading its data, or has not been reached since the start.</param>
public sealed record RequestTrouble(string Reason, bool IsLoading);
