using KvTcp.Protocol.Resp;
using KvTcp.Redis;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Redis;

/// <summary>The reader and nodes that do not do what they should.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RedisReaderTests
{
    private static readonly RedisOptions Options = new()
    {
        ConnectTimeout = Patience.Limit,
        ReplyTimeout = Patience.Limit,
        MaxValueLength = 1000,
    };

    [TestCase("+OK\r\n", "another type")]
    [TestCase(":1\r\n", "a number")]
    [TestCase("*1\r\n$1\r\nx\r\n", "an array")]
    [TestCase("hello\r\n", "no reply")]
    [TestCase("$3\r\nabcd\r\n", "a value longer than said")]
    [TestCase("$1001\r\n", "a value longer than allowed")]
    [TestCase("$1\r\nx\r\n$1\r\ny\r\n", "two values, of which either may be that of another key")]
    [TestCase("HTTP/1.1 400 Bad Request\r\n\r\n", "another protocol")]
    public async Task ReadAsync_with_a_reply_out_of_contract_asks_again_over_another_connection(string reply, string reason)
    {
        await using ScriptedRedis node = Scripted((connection, key) => connection == 1 ? reply : RespText.Bulk(key));
        await using RedisReader reader = await ReaderAsync(node);
        RequestedValues values = new(TestDataset.Key(1));
        Assert.That(await reader.ReadAsync(values, CancellationToken.None), Is.True);
        Assert.That(values.Texts, Is.EqualTo([$"{TestDataset.Key(1)}"]), reason);
    }

    [TestCase("+OK\r\n", "another type")]
    [TestCase("$1\r\nx\r\n$1\r\ny\r\n", "two values")]
    [TestCase("-NOPERM this user has no permissions\r\n", "a refusal")]
    [TestCase("-CLUSTERDOWN The cluster is down\r\n", "an error that passes")]
    [TestCase("-MOVED x y\r\n", "a redirection to nowhere")]
    public async Task ReadAsync_with_a_node_that_never_gives_a_good_reply_says_so_for_each_key(string reply, string reason)
    {
        await using ScriptedRedis node = Scripted((_, _) => reply);
        await using RedisReader reader = await ReaderAsync(node);
        RequestedValues values = new(TestDataset.Key(1));
        Assert.That(await reader.ReadAsync(values, CancellationToken.None), Is.True);
        Assert.That(values.Texts, Is.All.StartsWith($"! {node.Address} has "), reason);
    }

    [Test]
    public async Task ReadAsync_takes_nothing_that_has_come_before_it_has_asked()
    {
        await using ScriptedRedis node = Scripted((connection, key) =>
            connection == 1 && key.Equals($"{TestDataset.Key(1)}", StringComparison.Ordinal) ? RespText.Bulk(key) + RespText.Bulk("late") : RespText.Bulk(key));
        await using RedisReader reader = await ReaderAsync(node);
        foreach (int number in (int[])[0, 1, 2, 3])
        {
            RequestedValues values = new(TestDataset.Key(number));
            await reader.ReadAsync(values, CancellationToken.None);
            Assert.That(values.Texts, Is.EqualTo([$"{TestDataset.Key(number)}"]));
        }
    }

    [Test]
    public async Task ReadAsync_says_when_a_node_is_loading()
    {
        await using ScriptedRedis node = Scripted((_, _) => "-LOADING Redis is loading the dataset in memory\r\n");
        await using RedisReader reader = await ReaderAsync(node);
        RequestedValues values = new(TestDataset.Key(1));
        await reader.ReadAsync(values, CancellationToken.None);
        Assert.That((values.IsLoading, values.Texts[0]), Is.EqualTo((true, $"! {node.Address} has answered LOADING Redis is loading the dataset in memory")));
    }

    [Test]
    public async Task ReadAsync_with_a_connection_that_is_cut_anywhere_in_its_replies_gets_every_value_from_the_next_one()
    {
        Guid[] keys = [.. Enumerable.Range(0, 2).Select(TestDataset.Key)];
        int whole = keys.Sum(static key => RespText.Bulk($"{key}").Length);
        for (int cut = 0; cut < whole; cut++)
        {
            int left = cut;
            await using ScriptedRedis node = Scripted((connection, key) =>
            {
                string reply = RespText.Bulk(key);
                if (connection > 1)
                {
                    return reply;
                }

                left -= reply.Length;
                return left >= 0 ? reply : reply[..(left + reply.Length)] + ScriptedRedis.Cut;
            });
            await using RedisReader reader = await ReaderAsync(node);
            RequestedValues values = new(keys);
            await reader.ReadAsync(values, CancellationToken.None);
            Assert.That(values.Texts, Is.EqualTo(keys.Select(static key => $"{key}")), $"cut after {cut} bytes");
        }
    }

    [Test]
    public async Task ReadAsync_gives_a_silent_node_up_when_its_time_is_over_and_its_requests_may_not_be_used_again()
    {
        await using ScriptedRedis node = Scripted((_, _) => "$10\r\nhalf");
        await using RedisReader reader = await ReaderAsync(node);
        RequestedValues values = new(TestDataset.Key(1));
        using CancellationTokenSource limit = new(TimeSpan.FromMilliseconds(100));
        Assert.That(await reader.ReadAsync(values, limit.Token), Is.False);
        Assert.That(values.Texts, Is.EqualTo([$"! {node.Address} has not answered in time"]));
    }

    [Test]
    public async Task ReadAsync_of_a_node_that_is_late_fails_at_once_until_there_is_a_new_connection()
    {
        await using ScriptedRedis node = Scripted((connection, key) => connection == 1 ? "$900\r\nx" + ScriptedRedis.Trickle : RespText.Bulk(key));
        RedisOptions options = Options with { ReplyTimeout = TimeSpan.FromMilliseconds(500) };
        await using RedisReader reader = await ReaderAsync(node, options);
        using CancellationTokenSource limit = new(TimeSpan.FromMilliseconds(100));
        Assert.That(await reader.ReadAsync(new RequestedValues(TestDataset.Key(1)), limit.Token), Is.False);
        RequestedValues refused = new(TestDataset.Key(2));
        Assert.That(await reader.ReadAsync(refused, CancellationToken.None), Is.True);
        Assert.That(refused.Texts, Is.EqualTo([$"! {node.Address} does not keep up with the requests"]));
        await Patience.UntilAsync(
            async () =>
            {
                RequestedValues values = new(TestDataset.Key(3));
                await reader.ReadAsync(values, CancellationToken.None);
                return values.Texts[0].Equals($"{TestDataset.Key(3)}", StringComparison.Ordinal);
            },
            "the connection is given up");
        Assert.That(node.Connections, Is.EqualTo(2));
    }

    [Test]
    public async Task ReadAsync_before_any_node_is_reached_fails_at_once()
    {
        await using RedisReader reader = new(new RedisUrl { Addresses = [RedisNode.FreeAddress()] }, Options);
        RequestedValues values = new(TestDataset.Key(1));
        Assert.That(await reader.ReadAsync(values, CancellationToken.None), Is.True);
        Assert.That((values.IsLoading, values.Texts[0][0]), Is.EqualTo((true, '!')));
        Assert.That(reader.Health.IsReached, Is.False);
    }

    private static ScriptedRedis Scripted(Func<int, string, string> get) => new((connection, command) => command[0] switch
    {
        "CLUSTER" => ScriptedRedis.NoCluster,
        "PING" => "+PONG\r\n",
        "DBSIZE" => ":7\r\n",
        _ => get(connection, command[1]),
    });

    private static async Task<RedisReader> ReaderAsync(ScriptedRedis node, RedisOptions? options = null)
    {
        RedisReader reader = new(node.Url, options ?? Options);
        await Patience.UntilAsync(() => Task.FromResult(reader.Health.IsReady), "the reader is ready");
        return reader;
    }

    /// <summary>Keys, and what becomes of each: its value, or an exclamation mark and why there is none.</summary>
    private sealed class RequestedValues : KeyedRequests
    {
        private readonly Guid[] _keys;

        public RequestedValues(params Guid[] keys)
        {
            _keys = keys;
            Texts = new string[keys.Length];
            Restart(keys.Length);
        }

        public string[] Texts { get; }

        public bool IsLoading { get; private set; }

        protected override Guid KeyOf(int index) => _keys[index];

        protected override void Write(int index, scoped ReadOnlySpan<byte> key, ref RespWriter writer)
        {
            writer.WriteArray(2);
            writer.WriteValue("GET"u8);
            writer.WriteValue(key);
        }

        protected override bool TryTake(int index, in RespReply reply)
        {
            Texts[index] = ByteText.Text(reply.Text);
            return reply.Kind is RespReplyKind.Bulk or RespReplyKind.Null;
        }

        protected override void OnTrouble(int index, RequestTrouble trouble)
        {
            Texts[index] = $"! {trouble.Reason}";
            IsLoading = trouble.IsLoading;
        }
    }
}
