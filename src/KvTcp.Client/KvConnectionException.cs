namespace KvTcp.Client;

/// <summary>A server cannot be reached, or a connection ended before the reply; the message names the server and says how.</summary>
public class KvConnectionException : KvException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">Which server, and what happened.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public KvConnectionException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
