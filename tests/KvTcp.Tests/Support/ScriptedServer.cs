using System.Net;
using System.Net.Sockets;
using KvTcp.Client;

namespace KvTcp.Tests.Support;

/// <summary>A server whose replies, silences and closes a test writes out: it accepts, the test does the rest.</summary>
internal sealed class ScriptedServer : IDisposable
{
    private readonly TcpListener _listener;

    /// <summary>Listens.</summary>
    /// <param name="port">The port; a free one if none is given.</param>
    public ScriptedServer(int port = 0)
    {
        _listener = new TcpListener(IPAddress.Loopback, port);

        // A port whose last listener has just gone can be taken at once.
        _listener.Server.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
    }

    public int Port { get; }

    public KvServerAddress Address => KvServerAddress.Parse($"127.0.0.1:{Port}");

    /// <summary>Options of a client of this server that reconnects at once, and sends nothing that the test has not asked for.</summary>
    public KvClientOptions Options => Fast with { Servers = [Address] };

    public static KvClientOptions Fast { get; } = new()
    {
        ReconnectDelay = TimeSpan.FromMilliseconds(1),
        MaxReconnectDelay = TimeSpan.FromMilliseconds(20),
        RequestTimeout = Patience.Limit,
        ConnectTimeout = Patience.Limit,
        KeepAliveInterval = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Waits for the next connection.</summary>
    public async Task<LineClient> AcceptAsync()
    {
        using CancellationTokenSource limit = new(Patience.Limit);
        return LineClient.Over(await _listener.AcceptSocketAsync(limit.Token));
    }

    /// <summary>Connects a client, and accepts its connection.</summary>
    /// <param name="options">The client's options; <see cref="Options"/> if none are given.</param>
    public async Task<(KvClient Client, LineClient Connection)> ConnectAsync(KvClientOptions? options = null)
    {
        Task<LineClient> connection = AcceptAsync();
        KvClient client = await KvClient.ConnectAsync(options ?? Options);
        return (client, await connection);
    }

    /// <summary>Accepts no more connections.</summary>
    public void Dispose() => _listener.Dispose();
}
