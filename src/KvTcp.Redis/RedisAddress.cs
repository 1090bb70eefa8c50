using System.Globalization;

namespace KvTcp.Redis;

/// <summary>Where a node listens.</summary>
/// <param name="Host">A host name, or an IP address without brackets.</param>
/// <param name="Port">The port, 1 to 65,535.</param>
public readonly record struct RedisAddress(string Host, int Port)
{
    /// <summary>The port that Redis has by default.</summary>
    public const int DefaultPort = 6379;

    /// <summary>Reads <c>host:port</c>; without a port it is <see cref="DefaultPort"/>, and an IPv6 address with one stands in brackets.</summary>
    /// <param name="text">The text.</param>
    /// <param name="address">The address.</param>
    /// <returns>Whether it is one.</returns>
    public static bool TryParse(string text, out RedisAddress address)
    {
        ArgumentNullException.ThrowIfNull(text);
        address = default;
        int bracket = text.StartsWith('[') ? text.IndexOf(']') : -1;
        int colon = text.IndexOf(':', Math.Max(bracket, 0));
        string host = colon < 0 ? text : text[..colon];
        int port = DefaultPort;
        if (colon >= 0 && !TryParsePort(text[(colon + 1)..], out port))
        {
            return false;
        }

        if (bracket >= 0 && host.Length == bracket + 1)
        {
            host = host[1..^1];
        }

        address = new RedisAddress(host, port);
        return host.Length > 0 && host.IndexOfAny(['[', ']', '/', '@', '?', '#', ' ']) < 0;
    }

    /// <summary>The address as it is written in a URL.</summary>
    public override string ToString() => Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    private static bool TryParsePort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= 65_535;
}
