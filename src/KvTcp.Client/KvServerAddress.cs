using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace KvTcp.Client;

/// <summary>A server to connect to: <c>HOST:PORT</c>, <c>[IPV6]:PORT</c> or <c>unix:PATH</c>. Immutable.</summary>
/// <param name="Text">The address as it was written; messages, logs and metrics show it.</param>
/// <param name="EndPoint">The end point; a <see cref="DnsEndPoint"/> for a host name, which is resolved at each connect.</param>
public sealed record KvServerAddress(string Text, EndPoint EndPoint)
{
    private const string UnixPrefix = "unix:";

    /// <summary>Where a server listens by default, 127.0.0.1:7878.</summary>
    public static KvServerAddress Default { get; } = new("127.0.0.1:7878", new IPEndPoint(IPAddress.Loopback, 7878));

    /// <summary>The host, which a certificate has to name; <c>localhost</c> for a Unix socket.</summary>
    public string Host => EndPoint switch
    {
        DnsEndPoint dns => dns.Host,
        IPEndPoint ip => ip.Address.ToString(),
        _ => "localhost",
    };

    /// <summary>The port; 0 for a Unix socket.</summary>
    internal int Port => EndPoint switch
    {
        DnsEndPoint dns => dns.Port,
        IPEndPoint ip => ip.Port,
        _ => 0,
    };

    /// <summary>Reads an address.</summary>
    /// <param name="text"><c>HOST:PORT</c>, <c>[IPV6]:PORT</c> or <c>unix:PATH</c>.</param>
    /// <exception cref="FormatException"><paramref name="text"/> is none of these; the message says so.</exception>
    public static KvServerAddress Parse(string text) =>
        TryParse(text, out KvServerAddress? address, out string? error) ? address : throw new FormatException(error);

    /// <summary>Reads several addresses, as from a setting.</summary>
    /// <param name="text">Addresses with commas between them, <c>one:7878,two:7878,unix:/run/kvtcp.sock</c>.</param>
    /// <exception cref="FormatException">One of them is no address; the message says which.</exception>
    public static IReadOnlyList<KvServerAddress> ParseList(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return [.. text.Split(',', StringSplitOptions.TrimEntries).Select(Parse)];
    }

    /// <summary>Reads an address.</summary>
    /// <param name="text"><c>HOST:PORT</c>, <c>[IPV6]:PORT</c> or <c>unix:PATH</c>.</param>
    /// <param name="address">The address.</param>
    /// <param name="error">What is wrong with <paramref name="text"/>.</param>
    /// <returns>Whether <paramref name="text"/> is an address.</returns>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out KvServerAddress? address, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        EndPoint? endPoint = text.StartsWith(UnixPrefix, StringComparison.Ordinal) ? Unix(text[UnixPrefix.Length..]) : Tcp(text);
        address = endPoint is null ? null : new KvServerAddress(text, endPoint);
        error = endPoint is null ? $"'{text}' is not the address of a server, such as 127.0.0.1:7878, [::1]:7878 or unix:/run/kvtcp.sock" : null;
        return endPoint is not null;
    }

    /// <summary>The address as it was written.</summary>
    public override string ToString() => Text;

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
