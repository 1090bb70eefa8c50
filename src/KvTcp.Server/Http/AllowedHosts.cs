using System.Net;
using Microsoft.AspNetCore.Http;

namespace KvTcp.Server.Http;

/// <summary>
/// Which values of Host are answered. A page of another site that has its name resolve to this server's address, DNS rebinding, would
/// otherwise be of the server's own origin. IP addresses need no name, so that way is not open to them. Thread-safe.
/// </summary>
/// <param name="names">The names of <see cref="HttpOptions.AllowedHosts"/>.</param>
internal sealed class AllowedHosts(IReadOnlyList<string> names)
{
    // Nearly all requests name the same host, and looking at an address takes longer than answering from the dataset.
    private string? _lastAllowed;

    /// <summary>Whether a request may be answered. Without a name it is not from a browser: health checks of HTTP/1.0 come so.</summary>
    public bool Allows(HostString host)
    {
        if (string.Equals(host.Value, Volatile.Read(ref _lastAllowed), StringComparison.Ordinal))
        {
            return true;
        }

        string name = host.Host;
        bool isAllowed = name.Length == 0
            || name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || IsAddress(name)
            || names.Any(allowed => Matches(allowed, name));
        if (isAllowed)
        {
            Volatile.Write(ref _lastAllowed, host.Value);
        }

        return isAllowed;
    }

    private static bool IsAddress(string name) =>
        IPAddress.TryParse(name, out IPAddress? address)
        && (name.StartsWith('[') || string.Equals(address.ToString(), name, StringComparison.Ordinal));

    private static bool Matches(string allowed, string name) =>
        allowed is "*"
        || allowed.Equals(name, StringComparison.OrdinalIgnoreCase)
        || (allowed.StartsWith("*.", StringComparison.Ordinal)
            && name.Length >= allowed.Length
            && name.EndsWith(allowed[1..], StringComparison.OrdinalIgnoreCase));
}
