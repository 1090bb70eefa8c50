namespace KvTcp.Redis;

/// <summary>What went wrong with a Redis; the message is one line without a password in it.</summary>
public class RedisException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">One line: where, and what.</param>
    /// <param name="innerException">The cause, when there is one.</param>
    public RedisException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
