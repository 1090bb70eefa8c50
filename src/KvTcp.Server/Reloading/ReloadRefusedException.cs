namespace KvTcp.Server;

/// <summary>A guard-rail refuses a reload; the message says why, in one line.</summary>
/// <param name="message">Why, and what to do.</param>
/// <param name="innerException">The cause, when there is one.</param>
internal sealed class ReloadRefusedException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>Whether it may be otherwise next time, with the same data.</summary>
    public bool IsPassing { get; init; }
}
