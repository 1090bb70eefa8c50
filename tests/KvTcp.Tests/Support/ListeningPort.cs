using System.Net;
using System.Net.Sockets;

namespace KvTcp.Tests.Support;

/// <summary>The port of a server that has been killed. Thread-safe.</summary>
internal static class ListeningPort
{
    /// <summary>Waits until nobody listens: the kernel takes the ring of a killed process apart in the background, and the listening socket with it.</summary>
    /// <param name="endPoint">Where it listened.</param>
    public static Task UntilFreeAsync(IPEndPoint endPoint) => Patience.UntilAsync(() => Task.FromResult(!Accepts(endPoint)), "nobody listens any more");

    private static bool Accepts(IPEndPoint endPoint)
    {
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(endPoint);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
