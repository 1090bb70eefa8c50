namespace KvTcp.Server;

/// <summary>Files that the server authenticates by, and that may change while it runs. Thread-safe, but for <see cref="Load"/>.</summary>
public abstract class CredentialFiles
{
    /// <summary>More than any certificate with its chain, and any token, takes.</summary>
    private const int MaxLength = 1 << 20;

    /// <summary>The files.</summary>
    internal abstract IReadOnlyList<string> Paths { get; }

    /// <summary>What they hold, for the log. Never a secret.</summary>
    internal abstract string Description { get; }

    /// <summary>Reads the files and takes over what they hold; one thread at a time.</summary>
    /// <returns>Whether it is something else than before.</returns>
    /// <exception cref="CredentialException">They cannot be used; what they held before stays.</exception>
    internal abstract bool Load();

    /// <summary>Reads a file.</summary>
    /// <param name="path">Its path.</param>
    /// <exception cref="CredentialException">It cannot be read, or is far too long.</exception>
    protected static string Read(string path)
    {
        try
        {
            FileInfo file = new(path);
            return file.Exists && file.Length > MaxLength
                ? throw new CredentialException($"{path} is longer than {MaxLength} bytes", isUnreadable: false)
                : File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CredentialException($"{path} cannot be read: {e.Message.TrimEnd('.')}", isUnreadable: true, e);
        }
    }
}
