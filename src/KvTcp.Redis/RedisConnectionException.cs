namespace KvTcp.Redis;

/// <summary>A connection cannot be made, or has ended before its replies were complete; another one may do better.</summary>
public sealed class RedisConnectionException : RedisException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">One line: where, and what.</param>
    /// <param name="innerException">The cause, when there is one.</param>
    public RedisConnectionException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>Whether the node is there, and still reading its data.</summary>
    public bool IsLoading { get; init; }
}
