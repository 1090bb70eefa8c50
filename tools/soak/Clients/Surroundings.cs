using System.Net;
using System.Net.Sockets;

namespace KvTcp.Soak;

/// <summary>What clients know of the server. Immutable.</summary>
/// <param name="Server">Its address.</param>
/// <param name="Open">Makes sockets, which are not connected, in the network that the clients are in.</param>
/// <param name="Generations">What it may answer.</param>
/// <param name="Findings">Receives what is wrong.</param>
internal sealed record Surroundings(EndPoint Server, Func<Socket> Open, Generations Generations, Findings Findings)
{
    /// <summary>Connects.</summary>
    /// <param name="stop">Gives up.</param>
    /// <param name="bufferSize">The size of the socket's buffers; the system's choice when null.</param>
    public Task<LineSocket> ConnectAsync(CancellationToken stop, int? bufferSize = null)
    {
        Socket socket = Open();
        if (bufferSize is int size)
        {
            (socket.ReceiveBufferSize, socket.SendBufferSize) = (size, size);
        }

        return LineSocket.ConnectAsync(socket, Server, stop);
    }

    /// <summary>Opens sockets of one address of this machine: all of 127.0.0.0/8 is.</summary>
    /// <param name="address">The address.</param>
    public static Func<Socket> From(string address) => () =>
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        return socket;
    };
}
