using System.Net;
using System.Net.Sockets;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>HTTP connections that are kept alive and do nothing.</summary>
[TestFixture]
[Alone]
public class HttpIdleConnectionTests
{
    // As many, and as many of the line protocol, are below usual limits of open files.
    private const int Connections = 9_000;

    /// <summary>What Kestrel keeps for a connection; the buffers of a request in the making would be 4 KiB more, and a block of the pool too.</summary>
    private const int MostBytes = 24 * 1024;

    [Test]
    public async Task Thousands_of_idle_connections_hold_nobody_up()
    {
        using TemporaryDirectory directory = new();
        string data = directory.Write("a.data", $"{TestDataset.Key(0)} value\n");
        using ProcessRun server = ProcessRun.Start(
            KvTcpProgram.Path,
            ["serve", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--max-connections", $"{Connections + 1}", "--data", data]);
        IPEndPoint http = IPEndPoint.Parse(await KvTcpProgram.HttpAddressAsync(server));
        IPEndPoint line = IPEndPoint.Parse(await KvTcpProgram.AddressAsync(server));
        List<Socket> idle = [];
        try
        {
            long before = server.AnonymousBytes();
            for (int i = 0; i < Connections; i++)
            {
                idle.Add(Connect(http, "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n", "{\"status\":\"live\"}"));
            }

            long each = (server.AnonymousBytes() - before) / Connections;
            TestContext.Out.WriteLine($"{each} bytes for each idle HTTP connection");
            Assert.That(each, Is.LessThanOrEqualTo(MostBytes));
            Connect(http, $"GET /keys/{TestDataset.Key(0)} HTTP/1.1\r\nHost: localhost\r\n\r\n", "\"value\":\"value\"}").Dispose();
            Connect(line, $"GET {TestDataset.Key(0)}\n", "OK value\n").Dispose();
        }
        finally
        {
            idle.ForEach(static client => client.Dispose());
        }
    }

    /// <summary>Connects, sends a request, and reads its reply.</summary>
    private static Socket Connect(IPEndPoint endPoint, string request, string end)
    {
        Socket client = new(SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = (int)Patience.Limit.TotalMilliseconds };
        client.Connect(endPoint);
        client.Send(ByteText.Bytes(request));
        byte[] reply = new byte[2_000];
        int length = 0;
        do
        {
            int received = client.Receive(reply.AsSpan(length));
            Assert.That(received, Is.Positive, "the server closed the connection");
            length += received;
        }
        while (!ByteText.Text(reply.AsSpan(0, length)).EndsWith(end, StringComparison.Ordinal));
        return client;
    }
}
