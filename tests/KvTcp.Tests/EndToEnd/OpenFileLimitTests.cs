using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>A server that may open few files. What it does while nothing happens is measured, so nothing runs beside it.</summary>
[Alone]
public class OpenFileLimitTests(TransportKind transport) : EveryTransport(transport)
{
    [Test]
    public async Task Server_admits_as_many_connections_as_it_may_open_files_and_recovers()
    {
        const int Files = 220;
        using TemporaryDirectory directory = new();
        string data = directory.Write("a.data", $"{TestDataset.Key(0)} value\n");
        using ProcessRun server = ProcessRun.Start(
            "bash", ["-c", $"ulimit -n {Files}; exec \"$0\" serve --listen 127.0.0.1:0 --transport \"$2\" --data \"$1\"", KvTcpProgram.Path, data, TransportName]);
        string warning = await server.WaitForErrorLineAsync("The limit of open files allows");
        Assert.That(warning, Does.Contain("connections, not 10000"));
        IPEndPoint endPoint = IPEndPoint.Parse(await KvTcpProgram.AddressAsync(server));
        using LineClient first = await LineClient.ConnectAsync(endPoint);
        Assert.That(await first.AskAsync("PING"), Is.EqualTo("OK PONG"));

        List<LineClient> others = [];
        for (int i = 0; i < 2 * Files; i++)
        {
            others.Add(await LineClient.ConnectAsync(endPoint));
        }

        Assert.That(await others[^1].ReadLineAsync(), Does.StartWith("ERR BUSY"));
        Assert.That(await first.AskAsync("PING"), Is.EqualTo("OK PONG"), "a connection of before goes on");
        Assert.That(LeastOfASecond(server, others[0]), Is.LessThan(TimeSpan.FromSeconds(0.5)), "the server does not spin, which would take all of every second");
        others.ForEach(static client => client.Dispose());
        Stopwatch watch = Stopwatch.StartNew();
        await Patience.UntilAsync(
            async () =>
            {
                using LineClient client = await LineClient.ConnectAsync(endPoint);
                await client.SendAsync("PING\n");
                return await client.ReadLineAsync() is "OK PONG";
            },
            "new connections are admitted again");
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(1)));
    }

    /// <summary>The least processor time that a server takes in a second in which nothing happens; in the first it may still compile what it has just run.</summary>
    private static TimeSpan LeastOfASecond(ProcessRun server, LineClient silent)
    {
        TimeSpan least = TimeSpan.MaxValue;
        for (int round = 0; round < 4; round++)
        {
            TimeSpan before = server.ProcessorTime();
            Assert.That(silent.Socket.Poll(TimeSpan.FromSeconds(1), SelectMode.SelectRead), Is.False, "nothing happens");
            TimeSpan taken = server.ProcessorTime() - before;
            least = taken < least ? taken : least;
        }

        return least;
    }
}
