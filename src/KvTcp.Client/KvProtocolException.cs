namespace KvTcp.Client;

/// <summary>
/// What a server sent is not a reply to the request: it is no KvTcp server, or a value exceeds
/// <see cref="KvClientOptions.MaxValueLength"/>. The connection is closed, since where the next reply begins is unknown.
/// </summary>
public sealed class KvProtocolException : KvConnectionException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">Which server, and what it sent.</param>
    /// <param name="received">The first of the offending bytes, escaped.</param>
    public KvProtocolException(string message, string received)
        : base(message) => Received = received;

    /// <summary>The first 64 of the offending bytes, those that are not printable ASCII as <c>\xNN</c>; <c>...</c> follows when there are more.</summary>
    public string Received { get; }
}
