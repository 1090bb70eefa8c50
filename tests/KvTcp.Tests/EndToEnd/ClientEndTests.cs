using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>Clients that end their side, in order or not, wherever they are.</summary>
[Parallelizable(ParallelScope.All)]
public class ClientEndTests(TransportKind transport) : EveryTransport(transport)
{
    private static string Key => TestDataset.Key(0).ToString();

    [Test]
    public async Task Every_reply_still_arrives_after_the_client_has_ended_its_side([Values(1, 1_000, 20_000)] int requests)
    {
        await using RunningServer server = await StartAsync(data: TestDataset.WithValues("first"));
        using LineClient client = await server.ConnectAsync();
        Task sending = SendAndEndAsync(client, string.Concat(Enumerable.Repeat($"GET {Key}\n", requests)));
        (string text, ConnectionEnd end) = await client.ReadToEndAsync();
        await sending;
        Assert.That(end, Is.EqualTo(ConnectionEnd.Closed));
        Assert.That(text, Has.Length.EqualTo(requests * "OK first\n".Length));
        Assert.That(text.Split("OK first\n"), Has.Length.EqualTo(requests + 1));
    }

    [Test]
    public async Task Large_replies_still_arrive_after_the_client_has_ended_its_side()
    {
        await using RunningServer server = await StartAsync(data: TestDataset.WithLengths(1 << 20));
        using LineClient client = await server.ConnectAsync();
        await SendAndEndAsync(client, $"MGET {string.Join(' ', Enumerable.Repeat(Key, 50))}\nPING\n");
        (string text, ConnectionEnd end) = await client.ReadToEndAsync();
        Assert.That(end, Is.EqualTo(ConnectionEnd.Closed));
        Assert.That(text, Has.Length.EqualTo("LINES 50\n".Length + 50 * ((1 << 20) + 4) + "OK PONG\n".Length));
        Assert.That(text, Does.EndWith("\nOK PONG\n"));
    }

    [TestCase("PI", "")]
    [TestCase("PING\nGET 6ba7b810", "OK PONG\n")]
    [TestCase("PING\nPING\r", "OK PONG\n", Description = "a CR ends no line")]
    public async Task Line_without_its_end_is_not_executed(string sent, string replies)
    {
        await using RunningServer server = await StartAsync();
        using LineClient client = await server.ConnectAsync();
        await SendAndEndAsync(client, sent);
        (string text, ConnectionEnd end) = await client.ReadToEndAsync();
        Assert.That(ProtocolModel.WithoutErrorTexts(text), Is.EqualTo($"{replies}ERR ARGS ...\n"));
        Assert.That(end, Is.EqualTo(ConnectionEnd.Closed));
    }

    [Test]
    public async Task Nothing_sent_is_closed_without_a_reply()
    {
        await using RunningServer server = await StartAsync();
        using LineClient client = await server.ConnectAsync();
        client.EndSending();
        Assert.That(await client.ReadToEndAsync(), Is.EqualTo(("", ConnectionEnd.Closed)));
    }

    [Test]
    public async Task What_follows_quit_is_not_executed()
    {
        await using RunningServer server = await StartAsync();
        using LineClient client = await server.ConnectAsync();
        await client.SendAsync("PING\nQUIT\nPING\nGET ");
        Assert.That(await client.ReadToEndAsync(), Is.EqualTo(("OK PONG\nOK BYE\n", ConnectionEnd.Closed)));
    }

    [TestCase("", Description = "before a request")]
    [TestCase("GET 6ba7b810", Description = "in the middle of a request")]
    [TestCase("PING\n", Description = "after a request")]
    public async Task Reset_leaves_the_server_as_it_was(string sent)
    {
        await using RunningServer server = await StartAsync();
        for (int i = 0; i < 20; i++)
        {
            using LineClient client = await server.ConnectAsync();
            await client.SendAsync(sent);
            client.Reset();
        }

        await IsAloneAsync(server);
    }

    [Test]
    public async Task Client_may_end_at_every_point_of_a_request([Values] bool resets)
    {
        await using RunningServer server = await StartAsync();
        string request = $"GET {Key}\n";
        for (int length = 0; length <= request.Length; length++)
        {
            using LineClient client = await server.ConnectAsync();
            await client.SendAsync("PING\n");
            Assert.That(await client.ReadLineAsync(), Is.EqualTo("OK PONG"));
            await client.SendAsync(request[..length]);
            if (resets)
            {
                client.Reset();
                continue;
            }

            client.EndSending();
            (string text, ConnectionEnd end) = await client.ReadToEndAsync();
            string reply = length == 0 ? "" : length < request.Length ? "ERR ARGS " : "OK ";
            Assert.That(text, Does.StartWith(reply).And.Length.GreaterThanOrEqualTo(reply.Length), $"after {length} bytes");
            Assert.That(end, Is.EqualTo(ConnectionEnd.Closed));
        }

        await IsAloneAsync(server);
    }

    [Test]
    public async Task Reset_in_the_middle_of_a_reply_leaves_the_server_as_it_was([Values("GET", "MGET")] string command)
    {
        await using RunningServer server = await StartAsync(data: TestDataset.WithLengths(1 << 20));
        for (int i = 0; i < 10; i++)
        {
            using LineClient client = await LineClient.ConnectAsync(server.EndPoint, bufferSize: 4096);
            await client.SendAsync(command is "GET"
                ? string.Concat(Enumerable.Repeat($"GET {Key}\n", 100))
                : $"MGET {string.Join(' ', Enumerable.Repeat(Key, 100))}\n");
            byte[] start = new byte[100];
            Assert.That(await client.Socket.ReceiveAsync(start).WaitAsync(Patience.Limit), Is.Positive);
            client.Reset();
        }

        await IsAloneAsync(server);
        server.Data.Dataset.Dispose();
        Assert.That(
            () => server.Data.Dataset.TryGetValue(TestDataset.Key(0), out _),
            Throws.InstanceOf<ObjectDisposedException>(),
            "no lease is left");
    }

    private static async Task IsAloneAsync(RunningServer server)
    {
        await server.CountsAsync("connections_open", 1);
        Assert.That((await server.StatsAsync())["connections_timed_out"], Is.EqualTo("0"));
    }

    private static async Task SendAndEndAsync(LineClient client, string requests)
    {
        await client.SendAsync(requests);
        client.EndSending();
    }
}
