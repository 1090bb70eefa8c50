using System.Security.Cryptography;
using System.Text;

namespace KvTcp.Server;

/// <summary>The token that clients show with AUTH. Immutable; it never appears in a log or a reply.</summary>
public sealed class AuthToken : IEquatable<AuthToken>
{
    /// <summary>The most characters of a token.</summary>
    public const int MaxLength = 1024;

    private readonly byte[] _hash;

    private AuthToken(ReadOnlySpan<byte> token) => _hash = SHA256.HashData(token);

    /// <summary>Makes a token.</summary>
    /// <param name="text">1 to <see cref="MaxLength"/> characters that can be seen, all ASCII: an argument of a request has no spaces.</param>
    /// <returns>The token; null if <paramref name="text"/> cannot be one.</returns>
    public static AuthToken? TryCreate(string text)
    {
        bool isToken = text.Length is > 0 and <= MaxLength && text.All(static c => c is > ' ' and <= '~');
        return isToken ? new AuthToken(Encoding.ASCII.GetBytes(text)) : null;
    }

    /// <inheritdoc/>
    public bool Equals(AuthToken? other) => other is not null && CryptographicOperations.FixedTimeEquals(_hash, other._hash);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as AuthToken);

    /// <inheritdoc/>
    public override int GetHashCode() => BitConverter.ToInt32(_hash);

    /// <summary>Compares in a time that tells nothing about the token, its length included.</summary>
    /// <param name="token">What a client has sent.</param>
    internal bool Matches(ReadOnlySpan<byte> token)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(token, hash);
        return CryptographicOperations.FixedTimeEquals(hash, _hash);
    }
}
