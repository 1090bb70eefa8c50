using KvTcp.Client;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Client;

/// <summary>Servers that fall silent, and connections on which nothing is asked.</summary>
public sealed class SilentServerTests
{
    private static readonly Guid Key = TestDataset.Key(1);

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
        Task answering = ConnectionLossTests.AnswerAsync(other, "OK b\n");
        Assert.That(await ConnectionLossTests.UntilAnsweredAsync(client), Is.EqualTo("b"u8.ToArray()));
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
        Task<ConnectionLoss> run = connection.RunAsync();
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
        ConnectionLoss loss = await run;
        Assert.That(loss.Reason.Message, Is.EqualTo($"{server.Address} has sent nothing for 15 s"));
        Assert.That(loss.Left, Is.EqualTo(new[] { request }));
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
}
