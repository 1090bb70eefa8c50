using System.Buffers;
using KvTcp.Client;
using KvTcp.Protocol;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Client;

/// <summary>Every reply reaches the caller that it answers, whoever has given up, and what is no reply reaches nobody.</summary>
public sealed class ReplyMatchingTests
{
    private static readonly Guid Key = TestDataset.Key(1);

    [TestCase("HTTP/1.1 400 Bad Request\r\n", @"HTTP/1.1 400 Bad Request\x0D", TestName = "Line_that_is_no_reply_fails_the_connection")]
    [TestCase("OKAY\n", "OKAY", TestName = "Word_that_starts_like_another_fails_the_connection")]
    [TestCase("LINES 1\nOK one\n", "LINES 1", TestName = "Several_lines_for_GET_fail_the_connection")]
    [TestCase("\u0016\u0003\u00FF\n", @"\x16\x03\xFF", TestName = "Bytes_that_are_no_text_are_shown_escaped")]
    public async Task Reply_that_violates_the_grammar_fails_its_connection_and_others_go_on(string reply, string shown)
    {
        using ScriptedServer server = new();
        Task<LineClient> accept = server.AcceptAsync();
        RecordedLog log = new();
        await using KvClient client = await KvClient.ConnectAsync(server.Options with { ConnectionsPerServer = 2, LoggerFactory = log });
        using LineClient first = await accept;
        using LineClient second = await server.AcceptAsync();
        await Patience.UntilAsync(
            () => Task.FromResult(log.Texts(Microsoft.Extensions.Logging.LogLevel.Information).Count() == 2), "both connections stand");
        Task<string?>[] requests = [.. Enumerable.Range(0, 4).Select(i => client.GetStringAsync(TestDataset.Key(i)).AsTask())];
        string[] asked = [await first.ReadLineAsync(), await first.ReadLineAsync(), await second.ReadLineAsync(), await second.ReadLineAsync()];
        int[] order =
            [.. asked.Select(line => Enumerable.Range(0, 4).Single(i => line.EndsWith($"{TestDataset.Key(i)}", StringComparison.Ordinal)))];

        await first.SendAsync(reply);
        KvProtocolException? violation = await Assert.ThrowsAsync<KvProtocolException>(async () => await requests[order[0]]);
        Assert.That(violation!.Received, Is.EqualTo(shown));
        Assert.That(violation.Message, Does.StartWith($"{server.Address} ").And.Contain(shown).And.EndsWith("is it a KvTcp server?"));
        Assert.That((await first.ReadToEndAsync()).Text, Is.Empty, "the client has closed it");

        // The request behind it moves to the other connection, whose own requests know nothing of this.
        await second.SendAsync("OK c\nOK d\n");
        Assert.That(await requests[order[2]], Is.EqualTo("c"));
        Assert.That(await requests[order[3]], Is.EqualTo("d"));
        Assert.That(await second.ReadLineAsync(), Is.EqualTo(asked[1]));
        await second.SendAsync("OK b\n");
        Assert.That(await requests[order[1]], Is.EqualTo("b"));
    }

    [TestCase("COUNT", "OK many\n")]
    [TestCase("COUNT", "OK -1\n")]
    [TestCase("COUNT", "OK 99999999999999999999\n")]
    [TestCase("COUNT", "NOT_FOUND\n")]
    [TestCase("VERSION", "NOT_FOUND\n")]
    [TestCase("STATS", "OK\n")]
    [TestCase("STATS", "LINES 10001\n")]
    [TestCase("STATS", "LINES 1\nnothing\n")]
    [TestCase("MGET", "LINES 3\n")]
    [TestCase("MGET", "LINES 2\nOK a\nLINES 2\n")]
    public async Task Reply_to_another_command_fails_the_connection(string command, string reply)
    {
        using ScriptedServer server = new();
        (KvClient client, LineClient connection) = await server.ConnectAsync();
        await using KvClient disposed = client;
        Task request = command switch
        {
            "COUNT" => client.CountAsync().AsTask(),
            "VERSION" => client.VersionAsync().AsTask(),
            "STATS" => client.StatsAsync().AsTask(),
            _ => client.GetManyAsync(new[] { Key, Key }).AsTask(),
        };
        Assert.That(await connection.ReadLineAsync(), Does.StartWith(command));
        await connection.SendAsync(reply);
        Assert.That(async () => await request, Throws.TypeOf<KvProtocolException>());
    }

    [Test]
    public async Task Bytes_that_nobody_asked_for_fail_the_connection()
    {
        using ScriptedServer server = new();
        RecordedLog log = new();
        (KvClient client, LineClient connection) = await server.ConnectAsync(server.Options with { LoggerFactory = log });
        await using KvClient disposed = client;
        await connection.SendAsync("OK surprise\n");
        Assert.That((await connection.ReadToEndAsync()).Text, Is.Empty);
        using LineClient next = await server.AcceptAsync();
        Assert.That(log.Texts(Microsoft.Extensions.Logging.LogLevel.Warning), Has.Some.Contains("sent what nobody has asked for: OK surprise"));
    }

    [TestCase(1024, true)]
    [TestCase(1025, false)]
    public async Task Value_may_be_as_long_as_the_limit_and_no_longer(int length, bool isAccepted)
    {
        using ScriptedServer server = new();
        (KvClient client, LineClient connection) = await server.ConnectAsync(server.Options with { MaxValueLength = 1024 });
        await using KvClient disposed = client;
        Task<byte[]?> request = client.GetAsync(Key).AsTask();
        await connection.ReadLineAsync();
        await connection.SendAsync($"OK {new string('v', length)}\n");
        if (isAccepted)
        {
            Assert.That(await request, Has.Length.EqualTo(length));
        }
        else
        {
            Assert.That(async () => await request, Throws.TypeOf<KvProtocolException>());
        }
    }

    [Test]
    public async Task Replies_may_arrive_byte_by_byte()
    {
        using ScriptedServer server = new();
        (KvClient client, LineClient connection) = await server.ConnectAsync();
        await using KvClient disposed = client;
        Task<string?> get = client.GetStringAsync(Key).AsTask();
        Task<byte[]?[]> many = client.GetManyAsync(new[] { Key, Key, Key }).AsTask();
        Task<IReadOnlyDictionary<string, string>> stats = client.StatsAsync().AsTask();
        await connection.ReadLinesAsync(3);
        foreach (char c in "OK one\nLINES 3\nOK a\nNOT_FOUND\nOK \nLINES 2\na 1\nb two words\n")
        {
            await connection.SendAsync($"{c}");
        }

        Assert.That(await get, Is.EqualTo("one"));
        Assert.That(await many, Is.EqualTo(new byte[]?[] { [(byte)'a'], null, [] }));
        Assert.That(await stats, Is.EqualTo(new Dictionary<string, string>(StringComparer.Ordinal) { ["a"] = "1", ["b"] = "two words" }));
    }

    [Test]
    public async Task Reply_after_a_timeout_reaches_nobody_and_the_next_one_its_caller()
    {
        using ScriptedServer server = new();
        Task<LineClient> accept = server.AcceptAsync();
        KvClientOptions options = server.Options with { RequestTimeout = TimeSpan.FromSeconds(1), StallTimeout = TimeSpan.FromDays(1) };
        Connection connection = await new Connector(options).ConnectAsync(server.Address, new ReplyCounters(), CancellationToken.None);
        using LineClient accepted = await accept;
        Task<ConnectionLoss> run = connection.RunAsync();
        Task[] late =
        [
            Send(new GetBytesRequest { Key = Key }),
            Send(new GetManyRequest(new[] { Key, Key }, new byte[]?[2])),
            Send(new StatsRequest()),
        ];
        connection.LookAtDeadlines(Environment.TickCount64 + 1000);
        foreach (Task request in late)
        {
            Assert.That(async () => await request, Throws.TypeOf<TimeoutException>().With.Message.Contains("no reply for 1 s"));
        }

        Task<string?> next = Send(new GetStringRequest { Key = Key });
        await accepted.ReadLinesAsync(4);
        await accepted.SendAsync("OK late\nLINES 2\nOK late\nOK late\nLINES 1\nlate 1\nOK in time\n");
        Assert.That(await next, Is.EqualTo("in time"));
        accepted.Dispose();
        Assert.That((await run).Left, Is.Empty);

        Task<TResult> Send<TResult>(ResultRequest<TResult> request)
        {
            Task<TResult> result = request.Task.AsTask();
            request.Start(new RequestMonitor(options), CancellationToken.None);
            Assert.That(connection.TrySend(request), Is.True);
            return result;
        }
    }

    [Test]
    public async Task Request_that_cannot_be_written_fails_alone_and_shifts_no_reply()
    {
        using ScriptedServer server = new();
        (KvClient client, LineClient connection) = await server.ConnectAsync();
        await using KvClient disposed = client;
        using LentKeys keys = new();
        ReadOnlyMemory<Guid> lent = keys.Memory;
        ((IDisposable)keys).Dispose();
        Task<string?> before = client.GetStringAsync(TestDataset.Key(0)).AsTask();
        Assert.That(async () => await client.ExistsAsync(lent), Throws.TypeOf<ObjectDisposedException>());
        Task<string?> after = client.GetStringAsync(TestDataset.Key(1)).AsTask();
        Assert.That(await connection.ReadLinesAsync(2), Is.EqualTo($"GET {TestDataset.Key(0)}\nGET {TestDataset.Key(1)}\n"));
        await connection.SendAsync("OK a\nOK b\n");
        Assert.That(await before, Is.EqualTo("a"));
        Assert.That(await after, Is.EqualTo("b"));
    }

    [Test]
    public async Task Many_keys_leave_room_for_others_between_their_requests()
    {
        const int UnderWay = 4;
        using ScriptedServer server = new();
        (KvClient client, LineClient connection) = await server.ConnectAsync(server.Options with { MaxKeysPerRequest = 1 });
        await using KvClient disposed = client;
        Task<byte[]?[]> many = client.GetManyAsync(Enumerable.Range(0, 10).Select(TestDataset.Key).ToArray()).AsTask();
        Task<string?> other = client.GetStringAsync(Key).AsTask();
        for (int i = 0; i < UnderWay; i++)
        {
            Assert.That(await connection.ReadLineAsync(), Is.EqualTo($"MGET {TestDataset.Key(i)}"));
        }

        Assert.That(await connection.ReadLineAsync(), Is.EqualTo($"GET {Key}"));
        await connection.SendAsync("LINES 1\nERR BAD_KEY no\n");
        await connection.SendAsync("LINES 1\nOK 1\nLINES 1\nOK 2\nLINES 1\nOK 3\nOK other\n");
        Assert.That(await other, Is.EqualTo("other"));

        // What has been asked before the failure is known is answered; the rest is not asked.
        Task answering = AnswerAllAsync(connection);
        Assert.That(async () => await many, Throws.TypeOf<KvServerException>());
        await client.DisposeAsync();
        await answering;
    }

    [Test]
    public async Task Thousands_of_cancelled_callers_leave_the_replies_to_the_others()
    {
        const int Callers = 20_000;
        await using RunningServer server = await RunningServer.StartAsync(data: TestDataset.WithLengths(Enumerable.Repeat(20, 1000)));
        await using KvClient client = await KvClient.ConnectAsync(new KvClientOptions { Servers = [KvClientTests.Address(server)] });
        int cancelled = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, Callers), new ParallelOptions { MaxDegreeOfParallelism = 200 }, async (i, _) =>
        {
            using CancellationTokenSource cancellation = new();
            ValueTask<byte[]?> request = client.GetAsync(TestDataset.Key(i % 1000), cancellation.Token);
            if (i % 2 == 0)
            {
                await cancellation.CancelAsync();
            }

            try
            {
                Assert.That(await request, Is.EqualTo(server.Data.Pairs[TestDataset.Key(i % 1000)]));
            }
            catch (OperationCanceledException e)
            {
                Assert.That(e.CancellationToken, Is.EqualTo(cancellation.Token));
                Interlocked.Increment(ref cancelled);
            }
        });
        Assert.That(cancelled, Is.GreaterThan(0).And.AtMost(Callers / 2));
        Assert.That(await client.GetAsync(TestDataset.Key(7)), Is.EqualTo(server.Data.Pairs[TestDataset.Key(7)]));
    }

    [Test]
    public async Task Cancelled_token_needs_no_server()
    {
        using ScriptedServer server = new();
        (KvClient client, LineClient connection) = await server.ConnectAsync();
        await using KvClient disposed = client;
        Assert.That(async () => await client.GetAsync(Key, new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());
        Task<string?> next = client.GetStringAsync(TestDataset.Key(2)).AsTask();
        Assert.That(await connection.ReadLineAsync(), Is.EqualTo($"GET {TestDataset.Key(2)}"));
        await connection.SendAsync("OK b\n");
        Assert.That(await next, Is.EqualTo("b"));
    }

    [Test]
    public async Task Requests_beyond_the_limit_in_flight_wait_and_are_sent_in_turn()
    {
        const int Limit = 4;
        using ScriptedServer server = new();
        (KvClient client, LineClient connection) = await server.ConnectAsync(server.Options with { MaxRequestsInFlight = Limit });
        await using KvClient disposed = client;
        using CancellationTokenSource cancellation = new();
        Task<string?>[] requests =
            [.. Enumerable.Range(0, 10).Select(i => client.GetStringAsync(TestDataset.Key(i), i == 5 ? cancellation.Token : default).AsTask())];
        await cancellation.CancelAsync();
        Assert.That(async () => await requests[5], Throws.InstanceOf<OperationCanceledException>());
        Assert.That(await connection.ReadLinesAsync(Limit), Is.EqualTo(Lines(0, 1, 2, 3)));
        Assert.That(connection.Socket.Available, Is.Zero);
        await connection.SendAsync("OK 0\n");
        Assert.That(await connection.ReadLineAsync(), Is.EqualTo($"GET {TestDataset.Key(4)}"));
        await connection.SendAsync("OK 1\nOK 2\nOK 3\nOK 4\n");
        Assert.That(await connection.ReadLinesAsync(4), Is.EqualTo(Lines(6, 7, 8, 9)), "the cancelled one is not sent");
        await connection.SendAsync("OK 6\nOK 7\nOK 8\nOK 9\n");
        for (int i = 0; i < requests.Length; i++)
        {
            if (i != 5)
            {
                Assert.That(await requests[i], Is.EqualTo($"{i}"));
            }
        }

        static string Lines(params int[] numbers) => string.Concat(numbers.Select(static i => $"GET {TestDataset.Key(i)}\n"));
    }

    [Test]
    public async Task Error_reply_fails_its_request_alone()
    {
        using ScriptedServer server = new();
        (KvClient client, LineClient connection) = await server.ConnectAsync();
        await using KvClient disposed = client;
        Task<byte[]?>[] requests = [.. Enumerable.Range(0, 3).Select(_ => client.GetAsync(Key).AsTask())];
        await connection.ReadLinesAsync(3);
        await connection.SendAsync("ERR LOADING not yet\nERR FUTURE what\nOK a\n");
        Assert.That(
            async () => await requests[0],
            Throws.TypeOf<KvServerException>().With.Property("Code").EqualTo(ErrorCode.Loading).And.Message.EqualTo("not yet"));
        Assert.That(
            async () => await requests[1], Throws.TypeOf<KvServerException>().With.Property("Code").EqualTo(ErrorCode.Unrecognized));
        Assert.That(await requests[2], Is.EqualTo("a"u8.ToArray()));
    }

    private static async Task AnswerAllAsync(LineClient connection)
    {
        try
        {
            while (true)
            {
                await connection.ReadLineAsync();
                await connection.SendAsync("LINES 1\nNOT_FOUND\n");
            }
        }
        catch (Exception e) when (e is EndOfStreamException or System.Net.Sockets.SocketException)
        {
            // The client has gone.
        }
    }

    /// <summary>Memory that its owner may take back.</summary>
    private sealed class LentKeys : MemoryManager<Guid>
    {
        private Guid[]? _keys = [Key];

        public override Span<Guid> GetSpan()
        {
            ObjectDisposedException.ThrowIf(_keys is null, this);
            return _keys;
        }

        public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing) => _keys = null;
    }
}
