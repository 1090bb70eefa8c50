namespace KvTcp.Client;

/// <summary>A request or a connection failed. Requests only read, so any of them may be sent again.</summary>
public abstract class KvException : Exception
{
    private protected KvException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
