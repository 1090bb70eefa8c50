using KvTcp.Client;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Client;

/// <summary>Servers that go, come back, refuse, or fall silent.</summary>
public sealed class ConnectionLossTests
{
    private static readonly Guid Key = TestDataset.Key(1);

    [Test]
    public async Task Requests_without_a_reply_fail_when_the_server_goes_and_no_attempt_is_left()
    {
        using ScriptedServer server = new();
        (KvClient client, LineClient connection) = await server.ConnectAsync(server.Options with { MaxAttempts = 1 });
        await using KvClient disposed = client;
        Task<byte[]?>[] requests = [.. Enumerable.Range(0, 3).Select(_ => client.GetAsync(Key).AsTask())];
        await connection.ReadLinesAsync(3);
        await connection.SendAsync("OK a\nOK b");
        connection.Dispose();
        Assert.That(await requests[0], Is.EqualTo("a"u8.ToArray()));
        foreach (Task<byte[]?> request in requests[1..])
        {
            Assert.That(
                async () => await request,
                Throws.TypeOf<KvConnectionException>().With.Message.Contains($"{server.Address} closed the connection"));
        }
    }

    [Test]
    public async Task Requests_without_a_reply_go_to_the_next_connection([Values] bool byReset)
    {
        using ScriptedServer server = new();
        (KvClient client, LineClient connection) = await server.ConnectAsync();
        await using KvClient disposed = client;
        Task<string?>[] requests = [.. Enumerable.Range(0, 3).Select(i => client.GetStringAsync(TestDataset.Key(i)).AsTask())];
        Assert.That(await connection.ReadLinesAsync(3), Is.Not.Empty);
        await connection.SendAsync("OK a\n");
        Assert.That(await requests[0], Is.EqualTo("a"));
        if (byReset)
        {
            connection.Reset();
        }

        connection.Dispose();
        using LineClient next = await server.AcceptAsync();
        Assert.That(await next.ReadLinesAsync(2), Is.EqualTo($"GET {TestDataset.Key(1)}\nGET {TestDataset.Key(2)}\n"));
        await next.SendAsync("OK b\nNOT_FOUND\n");
        Assert.That(await requests[1], Is.EqualTo("b"));
        Assert.That(await requests[2], Is.Null);
    }

    [Test]
    public async Task Restarted_server_is_found_again_and_requests_fail_at_once_meanwhile()
    {
        ScriptedServer server = new();
        (KvClient client, LineClient connection) = await server.ConnectAsync();
        await using KvClient disposed = client;
        Task<byte[]?> first = client.GetAsync(Key).AsTask();
        await connection.ReadLineAsync();
        await connection.SendAsync("OK a\n");
        Assert.That(await first, Is.Not.Null);
        server.Dispose();
        connection.Dispose();
        Assert.That(
            async () => await client.GetAsync(Key),
            Throws.TypeOf<KvConnectionException>().With.Message.Contains($"cannot connect to {server.Address}"));

        using ScriptedServer restarted = new(server.Port);
        using LineClient next = await restarted.AcceptAsync();
        Task answering = AnswerAsync(next, "OK b\n");
        Assert.That(await UntilAnsweredAsync(client), Is.EqualTo("b"u8.ToArray()));
        await answering;
    }

    [Test]
    public void Connect_to_a_server_that_refuses_fails()
    {
        ScriptedServer server = new();
        server.Dispose();
        Assert.That(
            async () => await KvClient.ConnectAsync(server.Options),
            Throws.TypeOf<KvConnectionException>().With.Message.StartsWith($"cannot connect to {server.Address}: "));
    }

    [Test]
    public async Task Request_of_a_client_that_cannot_connect_fails_with_the_reason()
    {
        ScriptedServer server = new();
        server.Dispose();
        await using KvClient client = KvClient.Start(server.Options);
        Assert.That(
            async () => await client.GetAsync(Key),
            Throws.TypeOf<KvConnectionException>().With.Message.StartsWith($"cannot connect to {server.Address}: "));
    }

    [Test]
    public void Connect_gives_up_when_its_time_is_over()
    {
        using ScriptedServer server = new();
        KvClientOptions options = server.Options with { ConnectTimeout = TimeSpan.FromMilliseconds(50), AuthToken = "never-answered" };
        Assert.That(
            async () => await KvClient.ConnectAsync(options),
            Throws.TypeOf<KvConnectionException>().With.Message.EqualTo($"cannot connect to {server.Address}: no answer for 0.05 s"));
    }

    [Test]
    public void Connect_can_be_cancelled()
    {
        using ScriptedServer server = new();
        using CancellationTokenSource cancellation = new(TimeSpan.FromMilliseconds(50));
        Assert.That(
            async () => await KvClient.ConnectAsync(server.Options with { AuthToken = "never-answered" }, cancellation.Token),
            Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Busy_server_fails_the_connection_and_not_the_request()
    {
        using ScriptedServer busy = new();
        using ScriptedServer free = new();
        (KvClient client, LineClient connection) = await busy.ConnectAsync(busy.Options with { Servers = [busy.Address, free.Address] });
        await using KvClient disposed = client;
        Task<byte[]?> request = client.GetAsync(Key).AsTask();
        await connection.ReadLineAsync();
        await connection.SendAsync("ERR BUSY too many connections\n");

        // The server that had no use is passed over once.
        using LineClient next = await free.AcceptAsync();
        Task answering = AnswerAsync(next, "OK b\n");
        Assert.That(await request, Is.EqualTo("b"u8.ToArray()));
        await answering;
    }

    [Test]
    public async Task Silent_server_is_left_for_another_one()
    {
        using ScriptedServer silent = new();
        using ScriptedServer next = new();
        (KvClient client, LineClient connection) = await silent.ConnectAsync(silent.Options with
        {
            Servers = [silent.Address, next.Address],
            StallTimeout = TimeSpan.FromSeconds(1),
            MaxAttempts = 1,
        });
        await using KvClient disposed = client;
        Task<byte[]?> answered = client.GetAsync(Key).AsTask();
        await connection.ReadLineAsync();
        await connection.SendAsync("NOT_FOUND\n");
        Assert.That(await answered, Is.Null);
        Assert.That(
            async () => await client.GetAsync(Key),
            Throws.TypeOf<KvConnectionException>().With.Message.EqualTo($"{silent.Address} has sent nothing for 1 s"));
        using LineClient other = await next.AcceptAsync();
        Task answering = AnswerAsync(other, "OK b\n");
        Assert.That(await UntilAnsweredAsync(client), Is.EqualTo("b"u8.ToArray()));
        await answering;
    }

    [Test]
    public async Task Connection_is_silent_only_while_requests_wait()
    {
        const long Hour = 3_600_000;
        using ScriptedServer server = new();
        Task<LineClient> accept = server.AcceptAsync();
        KvClientOptions options = server.Options with { KeepAliveInterval = Timeout.InfiniteTimeSpan, RequestTimeout = Timeout.InfiniteTimeSpan };
        Connection connection = await new Connector(options).ConnectAsync(server.Address, new ReplyCounters(), CancellationToken.None);
        using LineClient accepted = await accept;
        Task<(Exception Reason, IReadOnlyList<PendingRequest> Left)> run = connection.RunAsync();
        long now = Environment.TickCount64;
        connection.LookAtDeadlines(now);
        connection.LookAtDeadlines(now + Hour);
        connection.LookAtDeadlines(now + 2 * Hour);

        CountRequest request = new();
        request.Start(new RequestMonitor(options), CancellationToken.None);
        Assert.That(connection.TrySend(request), Is.True, "it has outlasted the silence");
        await accepted.ReadLineAsync();
        connection.LookAtDeadlines(now + 2 * Hour + 14_999);
        Assert.That(run.IsCompleted, Is.False);
        connection.LookAtDeadlines(now + 2 * Hour + 15_000);
        (Exception reason, IReadOnlyList<PendingRequest> left) = await run;
        Assert.That(reason.Message, Is.EqualTo($"{server.Address} has sent nothing for 15 s"));
        Assert.That(left, Is.EqualTo(new[] { request }));
    }

    [Test]
    public async Task Idle_connection_is_asked_for_a_sign_of_life()
    {
        using ScriptedServer server = new();
        (KvClient client, LineClient connection) = await server.ConnectAsync(server.Options with { KeepAliveInterval = TimeSpan.FromMilliseconds(50) });
        await using KvClient disposed = client;
        for (int i = 0; i < 3; i++)
        {
            Assert.That(await connection.ReadLineAsync(), Is.EqualTo("PING"));
            await connection.SendAsync("OK PONG\n");
        }
    }

    /// <summary>Replies to the next request.</summary>
    private static async Task AnswerAsync(LineClient connection, string reply)
    {
        await connection.ReadLineAsync();
        await connection.SendAsync(reply);
    }

    /// <summary>Asks until a connection stands.</summary>
    private static async Task<byte[]?> UntilAnsweredAsync(KvClient client)
    {
        byte[]? value = null;
        await Patience.UntilAsync(
            async () =>
            {
                try
                {
                    value = await client.GetAsync(Key);
                    return true;
                }
                catch (KvException)
                {
                    return false;
                }
            },
            "the client has a connection again");
        return value;
    }
}
