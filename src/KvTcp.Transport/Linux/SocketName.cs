using System.Buffers.Binary;
using System.Net;

namespace KvTcp.Transport.Linux;

/// <summary>Reads the addresses that the kernel writes: struct sockaddr_in and sockaddr_in6, ip(7) and ipv6(7).</summary>
internal static class SocketName
{
    /// <summary>The size of the longest address, struct sockaddr_storage.</summary>
    public const int MaxLength = 128;

    private const int InternetFamily = 2;
    private const int Internet6Family = 10;

    /// <summary>The end point of an address; null for a client of a Unix socket, which has no name.</summary>
    public static IPEndPoint? Read(ReadOnlySpan<byte> address)
    {
        if (address.Length < sizeof(ushort))
        {
            return null;
        }

        ushort family = BitConverter.ToUInt16(address);
        return family switch
        {
            InternetFamily => new IPEndPoint(new IPAddress(address.Slice(4, 4)), Port(address)),
            Internet6Family => new IPEndPoint(new IPAddress(address.Slice(8, 16), BitConverter.ToUInt32(address.Slice(24))), Port(address)),
            _ => null,
        };
    }

    /// <summary>The address of this side of a connection.</summary>
    public static unsafe IPEndPoint? OfLocalSide(int socket)
    {
        byte* address = stackalloc byte[MaxLength];
        int length = MaxLength;
        return SocketCalls.LocalName(socket, address, &length) == 0 ? Read(new ReadOnlySpan<byte>(address, length)) : null;
    }

    /// <summary>The address of the other side of a connection; null for a client of a Unix socket, or one that has gone.</summary>
    public static unsafe IPEndPoint? OfRemoteSide(int socket)
    {
        byte* address = stackalloc byte[MaxLength];
        int length = MaxLength;
        return SocketCalls.RemoteName(socket, address, &length) == 0 ? Read(new ReadOnlySpan<byte>(address, length)) : null;
    }

    private static int Port(ReadOnlySpan<byte> address) => BinaryPrimitives.ReadUInt16BigEndian(address.Slice(2));
}
