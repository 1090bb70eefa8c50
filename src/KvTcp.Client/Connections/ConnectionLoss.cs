namespace KvTcp.Client;

/// <summary>How a connection has ended.</summary>
/// <param name="Reason">Why it ended.</param>
/// <param name="IsUseless">
/// Whether the server should be passed over: it left requests and answered none, fell silent, refused the connection or broke the protocol.
/// One that closes a connection on which nothing was asked does none of these.
/// </param>
/// <param name="Left">The requests that were sent and have no reply, in their order.</param>
/// <param name="Unsent">The requests that were not sent, in their order.</param>
internal sealed record ConnectionLoss(
    Exception Reason, bool IsUseless, IReadOnlyList<PendingRequest> Left, IReadOnlyList<PendingRequest> Unsent);
