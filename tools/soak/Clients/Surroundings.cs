using System.Net;
using System.Net.Sockets;
using System.Text;
using KvTcp.Client;

namespace KvTcp.Soak;

/// <summary>What clients know of the server. Immutable.</summary>
/// <param name="Server">Its address.</param>
/// <param name="Open">Makes sockets, which are not connected, in the network that the clients are in.</param>
/// <param name="Generations">What it may answer.</param>
/// <param name="Findings">Receives what is wrong.</param>
/// <param name="Token">The server's token; null when it has none.</param>
internal sealed record Surroundings(EndPoint Server, Func<Socket> Open, Generations Generations, Findings Findings, string? Token = null)
{
    // SOL_IP and IP_BIND_ADDRESS_NO_PORT of Linux, ip(7).
    private const int InternetLevel = 0;
    private const int BindAddressWithoutPort = 24;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>What a client has to send before it may ask, and that is answered with OK; nothing where the server has no token.</summary>
    public string Greeting => Token is null ? "" : $"AUTH {Token}\n";

    /// <summary>Settings of a client, each of whose requests is sent once. A stopped server, or a network that is down, makes requests slow; nothing may make them fail.</summary>
    public KvClientOptions ClientOptions => new()
    {
        Servers = [KvServerAddress.Parse(Server.ToString()!)],
        AuthToken = Token,
        ConnectTimeout = Patience,
        RequestTimeout = Patience,
        StallTimeout = Patience,
        MaxAttempts = 1,
    };

    /// <summary>Connects, and authenticates where that is asked for.</summary>
    /// <param name="stop">Gives up.</param>
    /// <param name="bufferSize">The size of the socket's buffers; the system's choice when null.</param>
    public async Task<LineSocket> EnterAsync(CancellationToken stop, int? bufferSize = null)
    {
        LineSocket socket = await ConnectAsync(stop, bufferSize);
        try
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(Greeting), stop);
            await ReadWelcomeAsync(socket, stop);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Reads what the server says to the greeting.</summary>
    /// <exception cref="IOException">It is not OK.</exception>
    public async Task ReadWelcomeAsync(LineSocket socket, CancellationToken stop)
    {
        if (Token is not null && await socket.ReadLineAsync(stop) is var reply and not "OK")
        {
            throw new IOException($"AUTH was answered with {reply ?? "a close"}");
        }
    }

    /// <summary>Connects, as somebody of whom the server knows nothing.</summary>
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

        // Now the kernel would look for a port that nobody has, among thousands that have one, with interrupts' work held up on this core. Without one
        // it chooses when the socket connects, any that is free towards the server.
        socket.SetRawSocketOption(InternetLevel, BindAddressWithoutPort, BitConverter.GetBytes(1));
        socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        return socket;
    };
}
