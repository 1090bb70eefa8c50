using System.Net;
using System.Net.Sockets;
using KvTcp.Tests.Support;
using KvTcp.Transport;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>What a connection costs that does nothing.</summary>
[TestFixture]
[Alone]
public class IdleConnectionTests
{
    private const int Connections = 10_000;

    /// <summary>Objects of the transport, of Kestrel and of the handler; a block would be 32 KiB.</summary>
    private const int MostBytes = 3 * 1024;

    /// <summary>Before these are counted, what grows with the first connections has grown.</summary>
    private const int First = 500;

    private const int TlsConnections = 1_000;

    /// <summary>Most of it is OpenSSL's.</summary>
    private const int MostTlsBytes = 48 * 1024;

    // What the collector has not collected yet is not a connection's, nor are the regions and the holes that it keeps when it is in no need of
    // memory, nor is what the compiler does while the first ones come.
    private static readonly Dictionary<string, string> Steady = new(StringComparer.Ordinal)
    {
        ["DOTNET_GCgen0size"] = "0x40000",
        ["DOTNET_GCRegionSize"] = "0x100000",
        ["DOTNET_GCConserveMemory"] = "9",
        ["DOTNET_TieredCompilation"] = "0",
    };

    private static readonly string[] Transports = IoUringProbe.FindRefusal() is null ? ["epoll", "io_uring"] : ["epoll"];

    [TestCaseSource(nameof(Transports))]
    public async Task Idle_connection_holds_no_buffers(string transport)
    {
        using TemporaryDirectory directory = new();
        string data = directory.Write("a.data", $"{TestDataset.Key(0)} value\n");
        using ProcessRun server = ProcessRun.Start(
            KvTcpProgram.Path,
            [
                "serve", "--transport", transport, "--listen", "127.0.0.1:0", "--data", data,
                "--max-connections", $"{First + Connections + 1}", "--first-request-timeout", "5m",
            ],
            environment: Steady);
        IPEndPoint endPoint = IPEndPoint.Parse(await KvTcpProgram.AddressAsync(server));
        List<Socket> clients = [];
        try
        {
            Connect(clients, endPoint, First);
            long before = server.AnonymousBytes();
            Connect(clients, endPoint, Connections);
            long each = (server.AnonymousBytes() - before) / Connections;
            TestContext.Out.WriteLine($"{each} bytes for each idle connection");
            using LineClient client = await LineClient.ConnectAsync(endPoint);
            IReadOnlyDictionary<string, string> stats = await client.StatsAsync();
            Assert.That(stats["transport"], Is.EqualTo(transport));
            Assert.That(stats["connections_open"], Is.EqualTo($"{First + Connections + 1}"), "all of them are still there");
            Assert.That(each, Is.LessThanOrEqualTo(MostBytes));
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }
    }

    /// <summary>Over TLS: the session of OpenSSL, the stream of .NET, and the objects of a plain one.</summary>
    [TestCaseSource(nameof(Transports))]
    public async Task Idle_connection_over_TLS_holds_a_session_and_no_more(string transport)
    {
        using TemporaryDirectory directory = new();
        using TestAuthority authority = new();
        ServerFiles files = new ServerFiles(directory, authority).Write("idle");
        string data = directory.Write("a.data", $"{TestDataset.Key(0)} value\n");
        using ProcessRun server = ProcessRun.Start(
            KvTcpProgram.Path,
            [
                "serve", "--transport", transport, "--listen", "127.0.0.1:0", "--data", data, "--first-request-timeout", "5m",
                "--tls-cert", files.Certificate, "--tls-key", files.Key,
            ],
            environment: Steady);
        IPEndPoint endPoint = IPEndPoint.Parse(await KvTcpProgram.AddressAsync(server));
        List<TlsClient> clients = [];
        try
        {
            await ConnectAsync(clients, endPoint, authority, First);
            long before = server.AnonymousBytes();
            await ConnectAsync(clients, endPoint, authority, TlsConnections);
            long each = (server.AnonymousBytes() - before) / TlsConnections;
            TestContext.Out.WriteLine($"{each} bytes for each idle connection over TLS");
            Assert.That(await clients[0].AskAsync("PING"), Is.EqualTo("OK PONG"), "it is still there");
            Assert.That(each, Is.LessThanOrEqualTo(MostTlsBytes));
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }
    }

    private static async Task ConnectAsync(List<TlsClient> clients, IPEndPoint endPoint, TestAuthority authority, int count)
    {
        for (int i = 0; i < count; i++)
        {
            TlsClient client = await TlsClient.ConnectAsync(endPoint, authority);
            clients.Add(client);
            Assert.That(await client.AskAsync("PING"), Is.EqualTo("OK PONG"));
        }
    }

    /// <summary>Opens connections that have done something: their first buffers are behind them.</summary>
    private static void Connect(List<Socket> clients, IPEndPoint endPoint, int count)
    {
        byte[] reply = new byte["OK PONG\n".Length];
        for (int i = 0; i < count; i++)
        {
            Socket client = new(SocketType.Stream, ProtocolType.Tcp);
            clients.Add(client);
            client.Connect(endPoint);
            client.Send("PING\n"u8);
            Assert.That(client.Receive(reply), Is.EqualTo(reply.Length));
        }
    }
}
