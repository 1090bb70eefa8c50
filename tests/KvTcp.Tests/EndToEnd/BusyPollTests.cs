using System.Net;
using System.Net.Sockets;
using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>A server that looks for requests before it sleeps. Processor time is measured, so nothing runs beside these.</summary>
/// <param name="transport">The transport of this run.</param>
[Alone]
public class BusyPollTests(TransportKind transport) : EveryTransport(transport)
{
    private bool HasLoops => TransportName is not "sockets";

    [Test]
    public async Task Requests_that_follow_each_other_are_found_by_polling()
    {
        await using RunningServer server = await StartAsync(new ServerOptions { BusyPoll = TimeSpan.FromMilliseconds(1) });
        using LineClient client = await server.ConnectAsync();
        await AskAsync(client, 2_000);
        IReadOnlyDictionary<string, string> stats = await client.StatsAsync();
        int hits = int.Parse(stats["transport_busy_poll_hits"]);
        Assert.That(hits, HasLoops ? Is.GreaterThan(100) : Is.Zero, "many of them, also beside others who take the processor");
        Assert.That(int.Parse(stats["transport_busy_polls"]), HasLoops ? Is.GreaterThanOrEqualTo(hits) : Is.Zero);
    }

    [Test]
    public async Task Server_polls_only_when_told_to()
    {
        await using RunningServer server = await StartAsync();
        using LineClient client = await server.ConnectAsync();
        await AskAsync(client, 200);
        Assert.That((await client.StatsAsync())["transport_busy_polls"], Is.EqualTo("0"));
    }

    [Test]
    public async Task Server_that_has_polled_uses_no_processor_when_idle()
    {
        using TemporaryDirectory directory = new();
        string data = directory.Write("a.data", $"{TestDataset.Key(0)} value\n");
        (ProcessRun server, string address) = await KvTcpProgram.ServeAsync(
            "--data", data, "--transport", TransportName, "--loops", "2", "--busy-poll", "1000");
        using (server)
        {
            using LineClient client = await LineClient.ConnectAsync(IPEndPoint.Parse(address));
            await AskAsync(client, 2_000);
            string polls = (await client.StatsAsync())["transport_busy_polls"];
            TimeSpan before = server.ProcessorTime();
            Assert.That(client.Socket.Poll(TimeSpan.FromSeconds(2), SelectMode.SelectRead), Is.False, "nobody asked");
            TimeSpan used = server.ProcessorTime() - before;
            TestContext.Out.WriteLine($"{used.TotalMilliseconds} ms of processor time in 2 s");
            Assert.That(used, Is.LessThan(TimeSpan.FromMilliseconds(800)), "polling would take 2 s for each loop");
            Assert.That(
                int.Parse((await client.StatsAsync())["transport_busy_polls"]) - int.Parse(polls), Is.LessThanOrEqualTo(4), "one for each wake");
        }
    }

    private static async Task AskAsync(LineClient client, int times)
    {
        for (int i = 0; i < times; i++)
        {
            Assert.That(await client.AskAsync("PING"), Is.EqualTo("OK PONG"));
        }
    }
}
