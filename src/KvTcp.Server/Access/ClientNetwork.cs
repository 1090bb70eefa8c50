using System.Net;
using System.Net.Sockets;

namespace KvTcp.Server;

/// <summary>Whose connections and requests are counted together, where a limit is one of each client address.</summary>
internal static class ClientNetwork
{
    /// <summary>The half of an IPv6 address that names a network.</summary>
    private const int NetworkLength = 8;

    /// <summary>The client of a connection.</summary>
    /// <param name="remote">The client's end.</param>
    /// <returns>Its address; null on a Unix socket, where the rights of the socket's file decide who connects.</returns>
    public static IPAddress? Of(EndPoint? remote) => remote is IPEndPoint ip ? Of(ip.Address) : null;

    /// <summary>The client of an address. A network of IPv6 gives each of its machines 2^64 addresses, so these count as one.</summary>
    public static IPAddress Of(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        byte[] network = address.GetAddressBytes();
        network.AsSpan(NetworkLength).Clear();
        return new IPAddress(network);
    }
}
