using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace KvTcp.Tests.Support;

/// <summary>A server on the loopback address that does with each connection what a test wants, such as what no good server does.</summary>
internal sealed class StubServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<Socket> _connections = [];
    private readonly Func<Stream, Task> _serve;

    /// <summary>Starts it.</summary>
    /// <param name="serve">Serves a connection, which is closed when it returns.</param>
    public StubServer(Func<Stream, Task> serve)
    {
        _serve = serve;
        _listener.Start();
        EndPoint = _listener.LocalEndpoint;
        _ = AcceptAsync();
    }

    public EndPoint EndPoint { get; }

    /// <summary>Serves lines: answers each with what <paramref name="reply"/> says, and closes when it says null.</summary>
    public static StubServer OfLines(Func<string, int, string?> reply) => new(async stream =>
    {
        using StreamReader lines = new(stream);
        for (int number = 0; await lines.ReadLineAsync() is string line && reply(line, number) is string text; number++)
        {
            await stream.WriteAsync(ByteText.Bytes(text));
        }
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        _listener.Dispose();
        foreach (Socket connection in _connections)
        {
            connection.Dispose();
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptSocketAsync();
                _connections.Add(socket);
                _ = ServeAsync(socket);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test has ended.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            await using NetworkStream stream = new(socket, ownsSocket: true);
            await _serve(stream);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // The client has gone, or the test has ended.
        }
    }
}
