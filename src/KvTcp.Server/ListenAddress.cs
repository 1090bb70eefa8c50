using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace KvTcp.Server;

/// <summary>A place to listen at: <c>HOST:PORT</c> or <c>unix:PATH</c>. Immutable.</summary>
/// <param name="Text">The address as it was written.</param>
/// <param name="EndPoints">The end points it stands for; two for <c>localhost</c>.</param>
public sealed record ListenAddress(string Text, IReadOnlyList<EndPoint> EndPoints)
{
    private const string UnixPrefix = "unix:";
    private const string PlainPrefix = "plain:";

    /// <summary>127.0.0.1:7878.</summary>
    public static ListenAddress Default { get; } = new("127.0.0.1:7878", [new IPEndPoint(IPAddress.Loopback, 7878)]);

    /// <summary>Whether it can be reached from other machines.</summary>
    public bool IsBeyondLoopback => EndPoints.Any(static e => e is IPEndPoint ip && !IPAddress.IsLoopback(ip.Address));

    /// <summary>Whether it speaks no TLS though the server has a certificate.</summary>
    public bool IsPlain { get; init; }

    /// <summary>Reads an address as <see cref="TryParse"/> does, or one of TCP behind <c>plain:</c>, where no TLS is spoken.</summary>
    /// <param name="text">The text.</param>
    /// <param name="address">The address.</param>
    /// <param name="error">What is wrong with <paramref name="text"/>.</param>
    /// <returns>Whether <paramref name="text"/> is an address.</returns>
    public static bool TryParseOptionallyPlain(string text, [NotNullWhen(true)] out ListenAddress? address, [NotNullWhen(false)] out string? error)
    {
        bool isPlain = text.StartsWith(PlainPrefix, StringComparison.Ordinal);
        if (!TryParse(isPlain ? text[PlainPrefix.Length..] : text, out address, out error))
        {
            return false;
        }

        address = address with { IsPlain = isPlain };
        return true;
    }

    /// <summary>Reads an address.</summary>
    /// <param name="text">
    /// <c>127.0.0.1:7878</c>, <c>[::1]:7878</c>, <c>localhost:7878</c> (both loopback addresses, as far as the machine has them), <c>*:7878</c> (every address,
    /// IPv4 and IPv6), <c>unix:/run/kvtcp.sock</c>. Port 0 lets the system choose. Host names other than localhost are refused: what
    /// they resolve to may change.
    /// </param>
    /// <param name="address">The address.</param>
    /// <param name="error">What is wrong with <paramref name="text"/>.</param>
    /// <returns>Whether <paramref name="text"/> is an address.</returns>
    public static bool TryParse(string text, [NotNullWhen(true)] out ListenAddress? address, [NotNullWhen(false)] out string? error)
    {
        address = null;
        if (text.StartsWith(UnixPrefix, StringComparison.Ordinal))
        {
            return TryParseUnix(text, out address, out error);
        }

        int colon = text.LastIndexOf(':');
        if (colon <= 0)
        {
            error = $"'{text}' is not HOST:PORT or unix:PATH";
            return false;
        }

        string host = text[..colon];
        if (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port) || port > IPEndPoint.MaxPort)
        {
            error = $"'{text}' has no port from 0 to {IPEndPoint.MaxPort} after its last colon";
            return false;
        }

        if (!TryParseHost(host, out IPAddress[]? addresses))
        {
            error = $"'{text}' does not start with an IP address, [IPv6 address], localhost or *";
            return false;
        }

        address = new ListenAddress(text, [.. addresses.Select(ip => new IPEndPoint(ip, port))]);
        error = null;
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static bool TryParseUnix(string text, out ListenAddress? address, out string? error)
    {
        string path = text[UnixPrefix.Length..];
        address = null;
        if (path.Length == 0)
        {
            error = $"'{text}' has no path after unix:";
            return false;
        }

        try
        {
            address = new ListenAddress(text, [new UnixDomainSocketEndPoint(path)]);
            error = null;
            return true;
        }
        catch (ArgumentOutOfRangeException)
        {
            error = $"'{text}' is longer than a socket path may be (107 bytes)";
            return false;
        }
    }

    private static bool TryParseHost(string host, [NotNullWhen(true)] out IPAddress[]? addresses)
    {
        addresses = null;
        if (host is "localhost")
        {
            addresses = HasIPv6Loopback() ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Loopback];
        }
        else if (host is "*")
        {
            addresses = [Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any];
        }
        else if (host.StartsWith('[') && host.EndsWith(']'))
        {
            if (IPAddress.TryParse(host.AsSpan(1, host.Length - 2), out IPAddress? v6) && v6.AddressFamily == AddressFamily.InterNetworkV6)
            {
                addresses = [v6];
            }
        }
        else if (IPAddress.TryParse(host, out IPAddress? v4) && string.Equals(v4.ToString(), host, StringComparison.Ordinal)
            && v4.AddressFamily == AddressFamily.InterNetwork)
        {
            // Only the canonical form: 010.0.0.1 is 8.0.0.1 to some programs and 10.0.0.1 to others.
            addresses = [v4];
        }

        return addresses is not null;
    }

    // Containers often have IPv6 without an address for the loopback interface; only binding tells.
    private static bool HasIPv6Loopback()
    {
        try
        {
            using Socket probe = new(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
            probe.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
