using System.Security.Cryptography;

namespace KvTcp.Server;

/// <summary>The checksum of a whole object that its server offers: Repr-Digest or Content-Digest (RFC 9530), or Content-MD5. Immutable.</summary>
/// <param name="Algorithm">How it is computed.</param>
/// <param name="Value">What it has to be.</param>
internal sealed record ContentChecksum(HashAlgorithmName Algorithm, byte[] Value)
{
    private static readonly (string Name, HashAlgorithmName Algorithm)[] Algorithms =
        [("sha-512", HashAlgorithmName.SHA512), ("sha-256", HashAlgorithmName.SHA256)];

    /// <summary>Finds the checksum of a response with all of the object.</summary>
    /// <returns>The strongest that is offered and known; null if there is none.</returns>
    public static ContentChecksum? Of(HttpResponseMessage response)
    {
        foreach (string header in new[] { "Repr-Digest", "Content-Digest" })
        {
            if (Header(response, header) is string digests && Strongest(digests) is ContentChecksum checksum)
            {
                return checksum;
            }
        }

        return response.Content.Headers.ContentMD5 is byte[] md5 ? new ContentChecksum(HashAlgorithmName.MD5, md5) : null;
    }

    /// <summary>Whether a file has this checksum.</summary>
    public async Task<bool> MatchesAsync(Stream file, CancellationToken cancellationToken)
    {
        file.Position = 0;
        byte[] actual = await CryptographicOperations.HashDataAsync(Algorithm, file, cancellationToken);
        return actual.AsSpan().SequenceEqual(Value);
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out IEnumerable<string>? values) || response.Content.Headers.TryGetValues(name, out values)
            ? string.Join(',', values)
            : null;

    // Repr-Digest: sha-256=:base64:, sha-512=:base64:
    private static ContentChecksum? Strongest(string digests)
    {
        foreach ((string name, HashAlgorithmName algorithm) in Algorithms)
        {
            foreach (string digest in digests.Split(',', StringSplitOptions.TrimEntries))
            {
                if (digest.StartsWith($"{name}=:", StringComparison.OrdinalIgnoreCase) && digest.EndsWith(':'))
                {
                    byte[] value = new byte[SHA512.HashSizeInBytes];
                    if (Convert.TryFromBase64String(digest[(name.Length + 2)..^1], value, out int length))
                    {
                        return new ContentChecksum(algorithm, value[..length]);
                    }
                }
            }
        }

        return null;
    }
}
