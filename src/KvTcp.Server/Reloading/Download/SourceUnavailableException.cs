namespace KvTcp.Server;

/// <summary>A source over the network does not give its data; the message says why, in one line.</summary>
/// <param name="message">Which source, and why.</param>
/// <param name="isMissing">Whether the server is there and says that the data is not, or not for us.</param>
/// <param name="innerException">The cause, when there is one.</param>
public sealed class SourceUnavailableException(string message, bool isMissing, Exception? innerException = null)
    : IOException(message, innerException)
{
    /// <summary>Whether the server is there and says that the data is not, or not for us.</summary>
    public bool IsMissing => isMissing;
}
