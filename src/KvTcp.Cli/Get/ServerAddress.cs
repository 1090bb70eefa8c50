using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace KvTcp.Cli;

/// <summary>A server to connect to: <c>HOST:PORT</c> or <c>unix:PATH</c>. Immutable.</summary>
/// <param name="Text">The address as it was written.</param>
/// <param name="EndPoint">The end point; a <see cref="DnsEndPoint"/> for a host name.</param>
internal sealed record ServerAddress(string Text, EndPoint EndPoint)
{
    private const string UnixPrefix = "unix:";

    /// <summary>Where a server listens by default.</summary>
    public static ServerAddress Default { get; } = new("127.0.0.1:7878", new IPEndPoint(IPAddress.Loopback, 7878));

    /// <summary>Reads an address: <c>kv.example.org:7878</c>, <c>127.0.0.1:7878</c>, <c>[::1]:7878</c>, <c>unix:/run/kvtcp.sock</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="address">The address.</param>
    /// <param name="error">What is wrong with <paramref name="text"/>.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out ServerAddress? address, [NotNullWhen(false)] out string? error)
    {
        EndPoint? endPoint = text.StartsWith(UnixPrefix, StringComparison.Ordinal) ? Unix(text[UnixPrefix.Length..]) : Tcp(text);
        address = endPoint is null ? null : new ServerAddress(text, endPoint);
        error = endPoint is null ? $"'{text}' is not the address of a server, such as 127.0.0.1:7878, [::1]:7878 or unix:/run/kvtcp.sock" : null;
        return endPoint is not null;
    }

    private static UnixDomainSocketEndPoint? Unix(string path)
    {
        try
        {
            return path.Length == 0 ? null : new UnixDomainSocketEndPoint(path);
        }
        catch (ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    private static EndPoint? Tcp(string text)
    {
        int colon = text.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) || port == 0)
        {
            return null;
        }

        string host = text[..colon];
        if (host is ['[', .. string inner, ']'])
        {
            return IPAddress.TryParse(inner, out IPAddress? v6) ? new IPEndPoint(v6, port) : null;
        }

        return Uri.CheckHostName(host) switch
        {
            UriHostNameType.IPv4 => new IPEndPoint(IPAddress.Parse(host), port),
            UriHostNameType.Dns => new DnsEndPoint(host, port),
            _ => null,
        };
    }
}
