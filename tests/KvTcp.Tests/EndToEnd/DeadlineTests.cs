using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using KvTcp.Server;
using KvTcp.Tests.Support;
using Microsoft.Extensions.Logging;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>Clients that are too slow. Deadlines are exact to about a second, so the shortest used here is one second.</summary>
[Parallelizable(ParallelScope.All)]
public class DeadlineTests(TransportKind transport) : EveryTransport(transport)
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [TestCase("", Description = "silent")]
    [TestCase("GET 6ba7b810-9dad-11d1-80b4-00c04fd430c8", Description = "all but the LF")]
    public async Task Client_without_a_complete_request_is_closed_without_a_reply(string sent)
    {
        await using RunningServer server = await StartAsync(new ServerOptions { FirstRequestTimeout = Second });
        using LineClient client = await server.ConnectAsync();
        await client.SendAsync(sent);
        Assert.That((await client.ReadToEndAsync()).Text, Is.Empty);
        await server.CountsAsync("connections_timed_out", 1);
    }

    [Test]
    public async Task Client_that_sends_single_bytes_is_closed_because_bytes_alone_do_not_count()
    {
        await using RunningServer server = await StartAsync(new ServerOptions { FirstRequestTimeout = Second });
        using LineClient client = await server.ConnectAsync();
        Stopwatch watch = Stopwatch.StartNew();
        int sent = 0;

        // A readable socket is what is waited for: the close. Until then a byte goes out every 100 ms.
        while (!client.Socket.Poll(TimeSpan.FromMilliseconds(100), SelectMode.SelectRead))
        {
            Assert.That(watch.Elapsed, Is.LessThan(Patience.Limit));
            await client.SendAsync("G");
            sent++;
        }

        Assert.That((await client.ReadToEndAsync()).Text, Is.Empty);
        Assert.That(sent, Is.GreaterThan(2), "the bytes went on while the deadline approached");
        await server.CountsAsync("connections_timed_out", 1);
    }

    [TestCase("", Description = "silent after its request")]
    [TestCase("GET 6ba7b810", Description = "in the middle of the next request")]
    public async Task Idle_client_is_closed(string sent)
    {
        await using RunningServer server = await StartAsync(new ServerOptions { IdleTimeout = Second });
        using LineClient client = await server.ConnectAsync();
        Assert.That(await client.AskAsync("PING"), Is.EqualTo("OK PONG"));
        await client.SendAsync(sent);
        Assert.That((await client.ReadToEndAsync()).Text, Is.Empty);
        await server.CountsAsync("connections_timed_out", 1);
    }

    /// <summary>They are looked at in parts, and the log is silent for a while after each line.</summary>
    [Test]
    public async Task Log_tells_of_every_client_that_a_deadline_has_closed()
    {
        const int Clients = 40;
        RunningServer server = await StartAsync(new ServerOptions { FirstRequestTimeout = Second });
        await using (server)
        {
            List<LineClient> clients = [];
            for (int i = 0; i < Clients; i++)
            {
                clients.Add(await server.ConnectAsync());
            }

            foreach (LineClient client in clients)
            {
                Assert.That((await client.ReadToEndAsync()).Text, Is.Empty);
                client.Dispose();
            }

            await server.CountsAsync("connections_timed_out", Clients);
        }

        IEnumerable<string> told = server.Log.Texts(LogLevel.Warning).Where(static text => text.Contains("(--first-request-timeout)", StringComparison.Ordinal));
        Assert.That(told.Sum(static text => int.Parse(text.Split(' ')[0], CultureInfo.InvariantCulture)), Is.EqualTo(Clients));
    }

    [Test]
    public async Task Client_that_sends_requests_now_and_then_stays_connected()
    {
        TimeSpan limit = TimeSpan.FromSeconds(3);
        await using RunningServer server = await StartAsync(
            new ServerOptions { FirstRequestTimeout = limit, IdleTimeout = limit, UnreadReplyTimeout = limit });
        using LineClient client = await server.ConnectAsync();
        for (Stopwatch watch = Stopwatch.StartNew(); watch.Elapsed < 2 * limit + Second;)
        {
            Assert.That(await client.AskAsync("PING"), Is.EqualTo("OK PONG"));
            Assert.That(client.Socket.Poll(TimeSpan.FromMilliseconds(100), SelectMode.SelectRead), Is.False, "the server has closed");
        }

        Assert.That((await client.StatsAsync())["connections_timed_out"], Is.EqualTo("0"));
    }

    [Test]
    public async Task Client_that_takes_a_large_reply_slowly_stays_connected()
    {
        await using RunningServer server = await StartAsync(
            new ServerOptions { UnreadReplyTimeout = TimeSpan.FromSeconds(3) }, TestDataset.WithLengths(1 << 20));
        using LineClient client = await server.ConnectAsync();
        const int Replies = 60;
        string key = TestDataset.Key(0).ToString();
        await client.SendAsync(string.Concat(Enumerable.Repeat($"GET {key}\n", Replies)) + "QUIT\n");

        // Something is taken every 100 ms, for longer than the deadline; then the rest.
        byte[] buffer = new byte[512 * 1024];
        long received = 0;
        using Socket nobody = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        for (Stopwatch watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(5);)
        {
            received += client.Socket.Receive(buffer);
            Assert.That(nobody.Poll(TimeSpan.FromMilliseconds(100), SelectMode.SelectRead), Is.False);
        }

        (string rest, ConnectionEnd end) = await client.ReadToEndAsync();
        Assert.That(end, Is.EqualTo(ConnectionEnd.Closed));
        Assert.That(received + rest.Length, Is.EqualTo(Replies * ((1 << 20) + 4) + "OK BYE\n".Length));
    }
}
