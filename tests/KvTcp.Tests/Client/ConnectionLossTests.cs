using System.Net.Sockets;
using KvTcp.Client;
using KvTcp.Tests.Support;
using Microsoft.Extensions.Logging;
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

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(4)]
    public async Task Request_is_sent_as_often_as_allowed_to_a_server_that_never_answers(int attempts)
    {
        using ScriptedServer server = new();
        (KvClient client, LineClient connection) = await server.ConnectAsync(server.Options with { MaxAttempts = attempts });
        await using KvClient disposed = client;
        Task<byte[]?> request = client.GetAsync(Key).AsTask();
        for (int i = 0; i < attempts; i++)
        {
            using LineClient current = i == 0 ? connection : await server.AcceptAsync();
            Assert.That(await current.ReadLineAsync(), Is.EqualTo($"GET {Key}"));
        }

        Assert.That(
            async () => await request, Throws.TypeOf<KvConnectionException>().With.Message.EqualTo($"{server.Address} closed the connection"));
    }

    [Test]
    public async Task Connections_that_end_together_are_one_attempt()
    {
        const int Connections = 3;
        using ScriptedServer server = new();
        RecordedLog log = new();
        await using KvClient client = KvClient.Start(server.Options with
        {
            ConnectionsPerServer = Connections,
            ReconnectDelay = TimeSpan.FromDays(1),
            MaxReconnectDelay = TimeSpan.FromDays(1),
            LoggerFactory = log,
        });
        List<LineClient> connections = [await server.AcceptAsync(), await server.AcceptAsync(), await server.AcceptAsync()];
        await Patience.UntilAsync(() => Task.FromResult(log.Texts(LogLevel.Information).Count() == Connections), "all connections stand");
        List<Task<string>> reads = [.. connections.Select(static connection => connection.ReadLineAsync())];
        Task<byte[]?> request = client.GetAsync(Key).AsTask();
        while (connections.Count > 0)
        {
            int asked = reads.IndexOf(await Task.WhenAny(reads));
            Assert.That(await reads[asked], Is.EqualTo($"GET {Key}"));
            using LineClient connection = connections[asked];
            connections.RemoveAt(asked);
            reads.RemoveAt(asked);
            if (connections.Count == 0)
            {
                await connection.SendAsync("OK b\n");
                Assert.That(await request, Is.EqualTo("b"u8.ToArray()));
            }
        }
    }

    [Test]
    public async Task Idle_connection_that_the_server_closes_is_made_anew_while_requests_wait()
    {
        using ScriptedServer server = new();
        RecordedLog log = new();
        (KvClient client, LineClient connection) = await server.ConnectAsync(server.Options with
        {
            // It is drawn anew for every wait, and is never so short.
            ReconnectDelay = TimeSpan.FromDays(1),
            MaxReconnectDelay = TimeSpan.FromDays(1),
            RequestTimeout = TimeSpan.FromMilliseconds(100),
            LoggerFactory = log,
        });
        await using KvClient disposed = client;
        connection.Dispose();
        await Patience.UntilAsync(
            () => Task.FromResult(log.Texts(LogLevel.Warning).Any()), "the client knows that the connection has ended");
        Assert.That(async () => await client.GetAsync(Key), Throws.TypeOf<TimeoutException>());
    }

    [Test]
    public async Task Log_that_throws_does_not_end_the_connections()
    {
        using ScriptedServer server = new();
        await using KvClient client = KvClient.Start(server.Options with { LoggerFactory = new BrokenLog() });
        using (LineClient first = await server.AcceptAsync())
        {
            await first.ReadToEndAsync();
        }

        Task answering = AnswerTheNextAsync(server);
        Assert.That(await UntilAnsweredAsync(client), Is.EqualTo("b"u8.ToArray()));
        await answering;
    }

    [Test]
    public async Task Loss_under_load_loses_no_request()
    {
        const int Callers = 50;
        await using RunningServer server = await RunningServer.StartAsync();
        int breaks = 0;
        using CancellationTokenSource stop = new();
        using StubServer proxy = new(async stream =>
        {
            // Every connection ends in the middle of some reply.
            using LineClient behind = await server.ConnectAsync();
            byte[] buffer = new byte[4096];
            Task requests = CopyAsync(stream, behind);
            for (int left = 20_011; left > 0;)
            {
                int length = await behind.Socket.ReceiveAsync(buffer.AsMemory(0, Math.Min(left, buffer.Length)));
                left = length == 0 ? 0 : left - length;
                await stream.WriteAsync(buffer.AsMemory(0, length));
            }

            Interlocked.Increment(ref breaks);
            await stream.DisposeAsync();
            await requests;
        });
        await using KvClient client = await KvClient.ConnectAsync(ScriptedServer.Fast with
        {
            Servers = [KvServerAddress.Parse(proxy.EndPoint.ToString()!)],
            ConnectionsPerServer = 3,
            MaxAttempts = 10,
        });
        int[] answered = await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            int count = 0;
            while (Volatile.Read(ref breaks) < 20)
            {
                int key = (caller + count++) % 6;
                Assert.That(await client.GetAsync(TestDataset.Key(key)), Is.EqualTo(server.Data.Pairs[TestDataset.Key(key)]));
            }

            return count;
        }))).WaitAsync(Patience.Limit);
        Assert.That(answered, Is.All.Positive);
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

    private static async Task AnswerTheNextAsync(ScriptedServer server)
    {
        using LineClient connection = await server.AcceptAsync();
        await AnswerAsync(connection, "OK b\n");
    }

    private static async Task CopyAsync(Stream from, LineClient to)
    {
        byte[] buffer = new byte[4096];
        try
        {
            for (int length = await from.ReadAsync(buffer); length > 0; length = await from.ReadAsync(buffer))
            {
                await to.SendAsync(buffer.AsMemory(0, length));
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // The other direction has ended.
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

    /// <summary>Throws when it is told of the first connection, and of its end.</summary>
    private sealed class BrokenLog : ILoggerFactory, ILogger
    {
        private int _throwsLeft = 2;

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (Interlocked.Decrement(ref _throwsLeft) >= 0)
            {
                throw new InvalidOperationException("the log is full");
            }
        }
    }
}
