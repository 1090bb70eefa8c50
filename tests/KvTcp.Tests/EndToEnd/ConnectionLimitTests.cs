using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

[Parallelizable(ParallelScope.All)]
public class ConnectionLimitTests(TransportKind transport) : EveryTransport(transport)
{
    [Test]
    public async Task Connection_beyond_the_limit_is_told_so_and_closed_until_a_place_is_free()
    {
        await using RunningServer server = await StartAsync(new ServerOptions { MaxConnections = 3 });
        using LineClient first = await server.ConnectAsync();
        using LineClient second = await server.ConnectAsync();
        LineClient third = await server.ConnectAsync();
        foreach (LineClient client in new[] { first, second, third })
        {
            Assert.That(await client.AskAsync("PING"), Is.EqualTo("OK PONG"));
        }

        for (int i = 0; i < 5; i++)
        {
            using LineClient rejected = await server.ConnectAsync();
            (string text, ConnectionEnd end) = await rejected.ReadToEndAsync();
            Assert.That(text, Does.Match("^ERR BUSY [^\n]+\n$"));
            Assert.That(end, Is.EqualTo(ConnectionEnd.Closed));
        }

        Assert.That(await third.AskAsync("QUIT"), Is.EqualTo("OK BYE"));
        third.Dispose();
        await Patience.UntilAsync(async () => (await first.StatsAsync())["connections_open"] is "2", "the third connection is closed");
        using LineClient fourth = await server.ConnectAsync();
        Assert.That(await fourth.AskAsync("PING"), Is.EqualTo("OK PONG"));

        IReadOnlyDictionary<string, string> stats = await first.StatsAsync();
        Assert.That(stats["connections_open"], Is.EqualTo("3"));
        Assert.That(stats["connections_accepted"], Is.EqualTo("4"));
        Assert.That(stats["connections_rejected"], Is.EqualTo("5"));
        Assert.That(stats["request_errors"], Is.EqualTo("0"), "a rejected connection has made no request");
    }

    [Test]
    public async Task Place_of_a_connection_is_free_again_however_it_ended()
    {
        await using RunningServer server = await StartAsync(new ServerOptions { MaxConnections = 1 });
        foreach (string ending in new[] { "QUIT\n", "GET / HTTP/1.1\n", "\u0016\u0003", "end", "reset", "QUIT\n" })
        {
            LineClient? client = null;
            await Patience.UntilAsync(
                async () =>
                {
                    client?.Dispose();
                    client = await server.ConnectAsync();
                    await client.SendAsync("\n");
                    return client.Socket.Poll(TimeSpan.FromMilliseconds(100), System.Net.Sockets.SelectMode.SelectRead) is false;
                },
                $"the only place is free, before {ending}");
            switch (ending)
            {
                case "end":
                    client!.EndSending();
                    break;
                case "reset":
                    client!.Reset();
                    break;
                default:
                    await client!.SendAsync(ending);
                    break;
            }

            client.Dispose();
        }
    }
}
