using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using KvTcp.Transport.Linux;

namespace KvTcp.Transport;

/// <summary>The listening sockets of an end point: one for each loop, or a single one for all where the system cannot share an address.</summary>
internal sealed class ListenSockets : IDisposable
{
    private readonly List<Socket> _sockets = [];

    private ListenSockets(Socket first) => _sockets.Add(first);

    /// <summary>What the sockets are bound to.</summary>
    public EndPoint EndPoint => _sockets[0].LocalEndPoint!;

    /// <summary>Whether all loops accept at one socket.</summary>
    public bool AreShared { get; private set; }

    /// <summary>Binds the sockets of an end point, and listens.</summary>
    /// <param name="address">Where.</param>
    /// <param name="loops">How many loops will accept.</param>
    /// <param name="options">How to bind.</param>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    public static ListenSockets Bind(EndPoint address, int loops, LoopTransportOptions options)
    {
        ListenSockets sockets = new(options.CreateBoundListenSocket(address));
        try
        {
            // A socket that is given to the process listens already, and may be another user's, whom the kernel lets nobody join.
            sockets.AreShared = address is not IPEndPoint || IsListening(sockets._sockets[0]);
            if (address is IPEndPoint)
            {
                // Connections inherit it.
                sockets._sockets[0].NoDelay = true;
            }

            if (!sockets.AreShared)
            {
                sockets.BindOthers(loops - 1);
            }

            foreach (Socket socket in sockets._sockets)
            {
                socket.Blocking = false;
                socket.Listen(options.Backlog);
            }

            return sockets;
        }
        catch
        {
            sockets.Dispose();
            throw;
        }
    }

    /// <summary>The descriptor of the socket for a loop. It stays open until <see cref="Dispose"/>.</summary>
    public int FileFor(int loop) => (int)_sockets[loop % _sockets.Count].SafeHandle.DangerousGetHandle();

    /// <summary>Closes the sockets, and removes the file of a Unix socket.</summary>
    public void Dispose() => _sockets.ForEach(static socket => socket.Dispose());

    private void BindOthers(int count)
    {
        Socket first = _sockets[0];

        // The first socket was bound alone, which fails if anybody else has the port. Only now may others join it.
        SharePort(first);
        for (int i = 0; i < count; i++)
        {
            Socket other = new(first.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            _sockets.Add(other);
            if (first.AddressFamily == AddressFamily.InterNetworkV6)
            {
                other.DualMode = first.DualMode;
            }

            other.NoDelay = true;
            TakeUnsentLimit(other, first);
            SharePort(other);
            other.Bind(first.LocalEndPoint!);
        }
    }

    private static bool IsListening(Socket socket) =>
        socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.AcceptConnection) is not 0;

    /// <summary>Whoever bound the first socket decides how much of what is to be sent the kernel holds.</summary>
    private static void TakeUnsentLimit(Socket socket, Socket from)
    {
        Span<byte> limit = stackalloc byte[sizeof(int)];
        _ = from.GetRawSocketOption(SocketCalls.TcpLevel, SocketCalls.OptionNotSentLowWater, limit);
        socket.SetRawSocketOption(SocketCalls.TcpLevel, SocketCalls.OptionNotSentLowWater, limit);
    }

    private static void SharePort(Socket socket)
    {
        int on = 1;
        socket.SetRawSocketOption(SocketCalls.SocketLevel, SocketCalls.OptionReusePort, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in on)));
    }
}
