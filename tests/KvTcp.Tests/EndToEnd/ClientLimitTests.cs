using System.Diagnostics;
using System.Net.Sockets;
using KvTcp.Server;
using KvTcp.Tests.Support;
using Microsoft.Extensions.Logging;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>Limits of each client address, and of keys. On Linux all of 127.0.0.0/8 are this machine's.</summary>
[Parallelizable(ParallelScope.All)]
public class ClientLimitTests(TransportKind transport) : EveryTransport(transport)
{
    private const string Other = "127.0.0.2";

    [Test]
    public async Task Connections_of_one_address_are_limited_and_those_of_others_are_not()
    {
        await using RunningServer server = await StartAsync(new ServerOptions { MaxConnectionsPerAddress = 2 });
        using LineClient first = await server.ConnectAsync();
        LineClient second = await server.ConnectAsync();
        Assert.That((await first.AskAsync("PING"), await second.AskAsync("PING")), Is.EqualTo(("OK PONG", "OK PONG")));
        using (LineClient rejected = await server.ConnectAsync())
        {
            (string text, ConnectionEnd end) = await rejected.ReadToEndAsync();
            Assert.That(text, Does.Match("^ERR BUSY [^\n]+\n$"));
            Assert.That(end, Is.EqualTo(ConnectionEnd.Closed));
        }

        using LineClient other = await LineClient.ConnectAsync(server.EndPoint, from: Other);
        IReadOnlyDictionary<string, string> stats = await other.StatsAsync();
        Assert.That((stats["connections_rejected"], stats["connections_rejected_by_address"]), Is.EqualTo(("1", "1")));
        await Patience.UntilAsync(
            () => Task.FromResult(server.Log.Texts(LogLevel.Warning).Any(static line => line.Contains("--max-connections-per-address", StringComparison.Ordinal))),
            "it is logged");

        second.Dispose();
        await Patience.UntilAsync(async () => (await other.StatsAsync())["connections_open"] is "2", "the place is free");
        using LineClient third = await server.ConnectAsync();
        Assert.That(await third.AskAsync("PING"), Is.EqualTo("OK PONG"));
    }

    [Test]
    public async Task Requests_beyond_the_rate_wait_and_those_of_other_addresses_do_not()
    {
        const int Rate = 5;
        await using RunningServer server = await StartAsync(new ServerOptions { RequestsPerSecond = Rate });
        using LineClient client = await server.ConnectAsync();
        await PingAsync(client, Rate * RequestRates.BurstSeconds);
        await PingAsync(client, Rate);
        await client.SendAsync("PING\n");
        await Patience.UntilAsync(async () => (await StatsOnceAsync(server))["rate_waits"] is not "0", "it has to wait");
        using LineClient other = await LineClient.ConnectAsync(server.EndPoint, from: Other);
        Assert.That(await other.AskAsync("PING"), Is.EqualTo("OK PONG"));
        Assert.That(await client.ReadLineAsync(), Is.EqualTo("OK PONG"), "nothing is lost");
    }

    [Test]
    public async Task Client_that_has_ended_its_side_gets_the_replies_that_have_to_wait()
    {
        const int Rate = 100;
        const int Requests = 16 * Rate;
        await using RunningServer server = await StartAsync(new ServerOptions { RequestsPerSecond = Rate });
        using LineClient client = await server.ConnectAsync();
        await client.SendAsync(string.Concat(Enumerable.Repeat($"GET {TestDataset.Key(0)}\n", Requests)));
        client.Socket.Shutdown(SocketShutdown.Send);
        (string text, ConnectionEnd end) = await client.ReadToEndAsync();
        Assert.That((text.Count('\n'), end), Is.EqualTo((Requests, ConnectionEnd.Closed)));
    }

    [Test]
    public async Task Clients_that_reset_at_once_count_too()
    {
        const int Connections = 200;
        await using RunningServer server = await StartAsync(new ServerOptions { RequestsPerSecond = 1 });
        byte[] requests = ByteText.Bytes(string.Concat(Enumerable.Repeat("PING\n", 500)));
        for (int i = 0; i < Connections; i++)
        {
            using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(true, 0) };
            await socket.ConnectAsync(server.EndPoint);
            await socket.SendAsync(requests);
        }

        Assert.That(long.Parse((await StatsOnceAsync(server))["requests"]), Is.LessThan(Connections * 500 / 4), "those of the first connections, before they are counted");
    }

    [Test]
    public async Task Stopping_server_does_not_wait_for_the_rate()
    {
        // The first connection owes more than the test would wait for, and the others wait for it.
        List<LineClient> clients = [];
        await using (RunningServer server = await StartAsync(new ServerOptions { RequestsPerSecond = 1, DrainTimeout = TimeSpan.FromHours(1) }))
        {
            for (int i = 0; i < 6; i++)
            {
                clients.Add(await server.ConnectAsync());
                if (i == 0)
                {
                    await PingAsync(clients[0], 4 * RequestRates.BurstSeconds);
                }
            }

            await Patience.UntilAsync(async () => (await StatsOnceAsync(server))["rate_waits"] is "6", "they wait");
        }

        foreach (LineClient client in clients)
        {
            Assert.That(await client.ReadToEndAsync(), Is.EqualTo(("", ConnectionEnd.Closed)));
            client.Dispose();
        }
    }

    [Test]
    public async Task Read_of_more_than_may_come_at_once_counts_in_full_and_for_connections_that_come_later()
    {
        const int Rate = 50;
        await using RunningServer server = await StartAsync(new ServerOptions { RequestsPerSecond = Rate });
        Stopwatch watch = Stopwatch.StartNew();
        using (LineClient client = await server.ConnectAsync())
        {
            await PingAsync(client, (RequestRates.BurstSeconds + 2) * Rate);
        }

        // The first of them may come before the last read is counted.
        for (int i = 0; i < 3; i++)
        {
            using LineClient next = await server.ConnectAsync();
            Assert.That(await next.AskAsync("PING"), Is.EqualTo("OK PONG"));
        }

        Assert.That(watch.Elapsed, Is.GreaterThan(TimeSpan.FromSeconds(1)), "what the first has had too much");
    }

    [TestCase("MGET", 3, false)]
    [TestCase("MGET", 4, true)]
    [TestCase("EXISTS", 3, false)]
    [TestCase("EXISTS", 4, true)]
    public async Task Keys_of_a_request_are_limited_in_both_protocols(string word, int count, bool isRefused)
    {
        await using RunningServer server = await StartAsync(new ServerOptions { MaxKeys = 3 });
        string key = TestDataset.Key(0).ToString();
        using LineClient line = await server.ConnectAsync();
        Assert.That(
            await line.AskAsync($"{word} {string.Join(' ', Enumerable.Repeat(key, count))}"), isRefused ? Does.StartWith("ERR ARGS too many keys") : Does.Not.StartWith("ERR"));
        using LineClient resp = await server.ConnectAsync();
        string keys = string.Concat(Enumerable.Repeat($"$36\r\n{key}\r\n", count));
        await resp.SendAsync($"*{count + 1}\r\n${word.Length}\r\n{word}\r\n{keys}");
        Assert.That(await resp.ReadLineAsync(), isRefused ? Does.StartWith("-ERR too many keys") : Does.Not.StartWith("-"));
    }

    private static async Task PingAsync(LineClient client, int count)
    {
        await client.SendAsync(string.Concat(Enumerable.Repeat("PING\n", count)));
        await client.ReadLinesAsync(count);
    }

    private static async Task<IReadOnlyDictionary<string, string>> StatsOnceAsync(RunningServer server)
    {
        using LineClient client = await LineClient.ConnectAsync(server.EndPoint, from: "127.0.0.3");
        return await client.StatsAsync();
    }
}
