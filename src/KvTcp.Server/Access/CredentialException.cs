namespace KvTcp.Server;

/// <summary>A file with a token or a certificate cannot be used; the message says which, and why.</summary>
/// <param name="message">Which, and why.</param>
/// <param name="isUnreadable">Whether it cannot be read, rather than holds something wrong.</param>
/// <param name="cause">What has failed, if anything has.</param>
public sealed class CredentialException(string message, bool isUnreadable, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Whether the file cannot be read, rather than holds something wrong.</summary>
    public bool IsUnreadable { get; } = isUnreadable;
}
