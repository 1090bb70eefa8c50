using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;

namespace KvTcp.Cli;

/// <summary>A connection to a server: requests go in, replies come out.</summary>
internal sealed class ServerConnection : IDisposable
{
    private const int BufferLength = 64 * 1024;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private readonly Socket _socket;

    private ServerConnection(Socket socket, ServerAddress server)
    {
        _socket = socket;
        Server = server;
        NetworkStream stream = new(socket);
        Requests = PipeWriter.Create(stream, new StreamPipeWriterOptions(minimumBufferSize: BufferLength));
        Replies = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: BufferLength));
    }

    public ServerAddress Server { get; }

    /// <summary>The address that it is connected to, of those that a host name may have.</summary>
    public EndPoint RemoteEndPoint => _socket.RemoteEndPoint is IPEndPoint { Address.IsIPv4MappedToIPv6: true } mapped
        ? new IPEndPoint(mapped.Address.MapToIPv4(), mapped.Port)
        : _socket.RemoteEndPoint!;

    public PipeWriter Requests { get; }

    public PipeReader Replies { get; }

    /// <summary>Connects within 10 seconds.</summary>
    /// <param name="server">The server.</param>
    /// <exception cref="CommandException">It cannot be reached.</exception>
    public static Task<ServerConnection> OpenAsync(ServerAddress server) => OpenAsync(server, ConnectTimeout);

    /// <summary>Connects.</summary>
    /// <param name="server">The server.</param>
    /// <param name="patience">How long that may take.</param>
    /// <exception cref="CommandException">It cannot be reached.</exception>
    public static async Task<ServerConnection> OpenAsync(ServerAddress server, TimeSpan patience)
    {
        bool isUnix = server.EndPoint is UnixDomainSocketEndPoint;
        Socket socket = isUnix
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using CancellationTokenSource timeout = new(patience);
        try
        {
            await socket.ConnectAsync(server.EndPoint, timeout.Token);
            return new ServerConnection(socket, server);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            socket.Dispose();
            string reason = e is SocketException ? e.Message : $"no answer for {patience.TotalSeconds} s";
            throw new CommandException(
                ExitCode.Unavailable, $"cannot connect to {server.Text}: {reason}; is the server running there? --server names another", e);
        }
    }

    public void Dispose() => _socket.Dispose();
}
