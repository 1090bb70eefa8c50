using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace KvTcp.Redis;

// url = ( "redis" | "rediss" ) "://" [ user ":" password "@" ] address [ "/" db ] *( "," address )         docs/redis.md#addresses

/// <summary>Which Redis to connect to, and how: <c>redis://[user:password@]host:port[/db][,host:port...]</c>. Immutable.</summary>
public sealed record RedisUrl
{
    private const string PlainScheme = "redis://";
    private const string TlsScheme = "rediss://";

    /// <summary>The addresses; at least one. Of a Cluster any of its nodes: the others are found.</summary>
    public required IReadOnlyList<RedisAddress> Addresses { get; init; }

    /// <summary>The user; null for the one that Redis calls default.</summary>
    public string? User { get; init; }

    /// <summary>The password; null to authenticate as nobody.</summary>
    public string? Password { get; init; }

    /// <summary>The database; a Cluster has only 0, the default.</summary>
    public int Database { get; init; }

    /// <summary>Whether connections are encrypted; the certificate must be valid for the address, and signed by somebody whom the system trusts.</summary>
    public bool UsesTls { get; init; }

    /// <summary>Whether a text begins as a URL of this kind.</summary>
    /// <param name="text">Any text.</param>
    public static bool IsOne(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.StartsWith(PlainScheme, StringComparison.OrdinalIgnoreCase) || text.StartsWith(TlsScheme, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Reads a URL.</summary>
    /// <param name="text">The text.</param>
    /// <param name="url">The URL.</param>
    /// <param name="error">What is wrong; the password is not in it.</param>
    /// <returns>Whether it is one.</returns>
    public static bool TryParse(string text, [NotNullWhen(true)] out RedisUrl? url, [NotNullWhen(false)] out string? error)
    {
        url = null;
        if (!IsOne(text))
        {
            error = "it does not begin with redis:// or rediss://";
            return false;
        }

        bool usesTls = text.StartsWith(TlsScheme, StringComparison.OrdinalIgnoreCase);
        string rest = text[(usesTls ? TlsScheme : PlainScheme).Length..];
        int at = rest.LastIndexOf('@');
        if (!TryParseCredentials(at < 0 ? null : rest[..at], out string? user, out string? password))
        {
            error = "before the @ stand the user, a colon and the password; what is special in these is percent-encoded";
            return false;
        }

        List<RedisAddress> addresses = [];
        int database = 0;
        foreach (string part in rest[(at + 1)..].Split(','))
        {
            int slash = part.IndexOf('/');
            if (!RedisAddress.TryParse(slash < 0 ? part : part[..slash], out RedisAddress address))
            {
                error = $"'{(at < 0 ? WithoutPassword(part) : part)}' is no host:port";
                return false;
            }

            if (slash >= 0 && (addresses.Count > 0 || !TryParseDatabase(part[(slash + 1)..], out database)))
            {
                error = $"'{part[slash..]}' is no number of a database, which stands behind the first address";
                return false;
            }

            addresses.Add(address);
        }

        url = new RedisUrl { Addresses = addresses, User = user, Password = password, Database = database, UsesTls = usesTls };
        error = null;
        return true;
    }

    /// <summary>The URL without user and password, for messages.</summary>
    public override string ToString() =>
        $"{(UsesTls ? TlsScheme : PlainScheme)}{Addresses[0]}{(Database > 0 ? $"/{Database}" : "")}" +
        string.Concat(Addresses.Skip(1).Select(static address => $",{address}"));

    private static bool TryParseCredentials(string? text, out string? user, out string? password)
    {
        int colon = text?.IndexOf(':') ?? -1;
        user = colon > 0 ? Uri.UnescapeDataString(text![..colon]) : null;
        password = colon >= 0 ? Uri.UnescapeDataString(text![(colon + 1)..]) : null;
        return text is null || password is { Length: > 0 };
    }

    /// <summary>Who has forgotten the @host has written a password where an address belongs.</summary>
    private static string WithoutPassword(string part)
    {
        int colon = part.IndexOf(':');
        return colon < 0 ? part : $"{part[..colon]}:...";
    }

    private static bool TryParseDatabase(string text, out int database) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out database);
}
