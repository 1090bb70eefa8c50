namespace KvTcp.Server;

/// <summary>The file with the server's token, which the guard's token follows.</summary>
/// <param name="path">The file.</param>
/// <param name="guard">Takes the token over.</param>
public sealed class TokenFile(string path, TokenGuard guard) : CredentialFiles
{
    /// <inheritdoc/>
    internal override IReadOnlyList<string> Paths { get; } = [path];

    /// <inheritdoc/>
    internal override string Description => $"the token of {path}";

    /// <summary>Reads the token of a file.</summary>
    /// <param name="path">The file; line ends after the token are left out.</param>
    /// <returns>Its text, of which <see cref="AuthToken.TryCreate"/> makes a token.</returns>
    /// <exception cref="CredentialException">The file cannot be read, or holds no token.</exception>
    public static string ReadText(string path)
    {
        string text = Read(path).TrimEnd('\r', '\n');
        return AuthToken.TryCreate(text) is not null
            ? text
            : throw new CredentialException(
                $"{path}: a token is 1 to {AuthToken.MaxLength} ASCII characters without spaces", isUnreadable: false);
    }

    /// <inheritdoc/>
    internal override bool Load() => guard.Replace(AuthToken.TryCreate(ReadText(path))!);
}
