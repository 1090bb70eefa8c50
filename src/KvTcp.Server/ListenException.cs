namespace KvTcp.Server;

/// <summary>An address cannot be listened at, or the transport cannot be started; the message names it and the reason, in one line.</summary>
public sealed class ListenException : IOException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">One line: what fails, the reason, what to do.</param>
    /// <param name="innerException">The cause; null if the message is all there is to know.</param>
    public ListenException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
