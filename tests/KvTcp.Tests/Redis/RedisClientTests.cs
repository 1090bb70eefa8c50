using System.Diagnostics;
using KvTcp.Redis;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Redis;

/// <summary>The client and nodes that do not do what they should.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RedisClientTests
{
    private static readonly RedisOptions Options = new()
    {
        ConnectTimeout = Patience.Limit,
        ReplyTimeout = Patience.Limit,
        RetryFor = Patience.Limit,
        MaxValueLength = 1000,
    };

    private static readonly RedisOptions Impatient = Options with { RetryFor = TimeSpan.FromMilliseconds(200) };

    [TestCase("+OK\r\n", "another type")]
    [TestCase(":1\r\n", "a number")]
    [TestCase("*1\r\n$1\r\nx\r\n", "an array")]
    [TestCase("hello\r\n", "no reply")]
    [TestCase("$3\r\nabcd\r\n", "a value longer than said")]
    [TestCase("$1001\r\n", "a value longer than allowed")]
    [TestCase("$1\r\nx\r\n$1\r\ny\r\n", "two values, of which the second would be taken for that of the next key")]
    [TestCase("HTTP/1.1 400 Bad Request\r\n\r\n", "another protocol")]
    public async Task ExecuteAsync_with_a_reply_out_of_contract_fails_and_the_next_one_has_a_new_connection(string reply, string reason)
    {
        await using ScriptedRedis node = new((connection, command) => (connection, command[0]) switch
        {
            (_, "CLUSTER") => ScriptedRedis.NoCluster,
            (1, _) => reply,
            _ => RespText.Bulk(command[1]),
        });
        await using RedisClient client = await RedisClient.ConnectAsync(node.Url, Options);
        Guid key = TestDataset.Key(1);

        RedisException? failure = await Assert.CatchAsync<RedisException>(() => client.ExecuteAsync(RedisPairs.ToRead(key)));
        Assert.That(failure!.Message, Does.StartWith($"{node.Address} has "), reason);

        RedisPairs again = RedisPairs.ToRead(key);
        await client.ExecuteAsync(again);
        Assert.That(again.Values[key], Is.EqualTo($"{key}"), reason);
    }

    [Test]
    public async Task ExecuteAsync_with_a_connection_that_is_cut_anywhere_in_its_replies_gets_every_value_from_the_next_one()
    {
        Guid[] keys = [.. Enumerable.Range(0, 2).Select(TestDataset.Key)];
        int whole = keys.Sum(static key => RespText.Bulk($"{key}").Length);
        for (int cut = 0; cut < whole; cut++)
        {
            int left = cut;
            await using ScriptedRedis node = new((connection, command) =>
            {
                string reply = command[0] is "CLUSTER" ? ScriptedRedis.NoCluster : RespText.Bulk(command[1]);
                if (connection > 1 || command[0] is "CLUSTER")
                {
                    return reply;
                }

                left -= reply.Length;
                return left >= 0 ? reply : reply[..(left + reply.Length)] + ScriptedRedis.Cut;
            });
            await using RedisClient client = await RedisClient.ConnectAsync(node.Url, Options);
            RedisPairs pairs = RedisPairs.ToRead(keys);
            await client.ExecuteAsync(pairs);
            Assert.That(pairs.Values, Is.EquivalentTo(keys.ToDictionary(static key => key, static key => $"{key}")), $"cut after {cut} bytes");
        }
    }

    [TestCase("-LOADING Redis is loading the dataset in memory\r\n")]
    [TestCase("-CLUSTERDOWN The cluster is down\r\n")]
    [TestCase("-TRYAGAIN Multiple keys request during rehashing of slot\r\n")]
    public async Task ExecuteAsync_with_an_error_that_passes_tries_again(string error)
    {
        int refusals = 3;
        await using ScriptedRedis node = new((_, command) => command[0] switch
        {
            "CLUSTER" => ScriptedRedis.NoCluster,
            _ when Interlocked.Decrement(ref refusals) >= 0 => error,
            _ => "$5\r\nvalue\r\n",
        });
        await using RedisClient client = await RedisClient.ConnectAsync(node.Url, Options);
        RedisPairs pairs = RedisPairs.ToRead(TestDataset.Key(0));
        await client.ExecuteAsync(pairs);
        Assert.That(pairs.Values.Values, Is.EqualTo(["value"]));
    }

    [Test]
    public async Task ExecuteAsync_with_an_error_that_does_not_pass_in_time_fails_with_it()
    {
        await using ScriptedRedis node = new((_, command) => command[0] is "CLUSTER" ? ScriptedRedis.NoCluster : "-LOADING not yet\r\n");
        await using RedisClient client = await RedisClient.ConnectAsync(node.Url, Impatient);
        RedisConnectionException? failure =
            await Assert.ThrowsAsync<RedisConnectionException>(() => client.ExecuteAsync(RedisPairs.ToRead(TestDataset.Key(0))));
        Assert.That(failure!.Message, Does.Contain("LOADING not yet").And.Contain("given up"));
    }

    [TestCase("-OOM command not allowed when used memory > 'maxmemory'.\r\n", "no memory")]
    [TestCase("-NOPERM this user has no permissions\r\n", "no right")]
    [TestCase("-READONLY You can't write against a read only replica.\r\n", "a replica that is no node of a Cluster")]
    [TestCase("-MOVED x y\r\n", "a redirection to nowhere")]
    public async Task ExecuteAsync_with_an_error_that_no_repetition_mends_fails_at_once(string error, string reason)
    {
        await using ScriptedRedis node = new((_, command) => command[0] is "CLUSTER" ? ScriptedRedis.NoCluster : error);
        await using RedisClient client = await RedisClient.ConnectAsync(node.Url, Options);
        RedisException? failure = await Assert.ThrowsAsync<RedisException>(() => client.ExecuteAsync(RedisPairs.ToStore([TestDataset.Key(0)], static _ => "")));
        Assert.That(failure!.Message, Is.EqualTo($"{node.Address} has answered {error[1..^2]}"), reason);
    }

    [Test]
    public async Task ExecuteAsync_gives_a_silent_node_up()
    {
        await using ScriptedRedis node = new((_, command) => command[0] is "CLUSTER" ? ScriptedRedis.NoCluster : "$10\r\nhalf");
        RedisOptions options = Impatient with { ReplyTimeout = TimeSpan.FromMilliseconds(100) };
        await using RedisClient client = await RedisClient.ConnectAsync(node.Url, options);
        RedisConnectionException? failure =
            await Assert.ThrowsAsync<RedisConnectionException>(() => client.ExecuteAsync(RedisPairs.ToRead(TestDataset.Key(0))));
        Assert.That(failure!.Message, Does.Contain("has not answered for 0.1 s"));
    }

    [Test]
    public async Task ExecuteAsync_of_another_nodes_keys_does_not_wait_for_a_slow_node()
    {
        RedisCluster cluster = await RedisCluster.StartAsync();
        await using RedisCluster ended = cluster;
        await using RedisClient client = await RedisClient.ConnectAsync(cluster.Url, Options);
        Guid[] keys = [.. Enumerable.Range(0, 300).Select(TestDataset.Key)];
        await client.ExecuteAsync(RedisPairs.ToStore(keys, static key => $"{key}"));
        RedisNode slow = cluster.Masters[1];
        ILookup<bool, Guid> bySlow = keys.ToLookup(key => cluster.Masters[cluster.FirstOwner(SlotOf(key))] == slow);
        slow.Pause(stops: true);
        try
        {
            RedisPairs waiting = RedisPairs.ToRead(bySlow[true]);
            Task waits = client.ExecuteAsync(waiting);
            RedisPairs quick = RedisPairs.ToRead(bySlow[false]);
            await client.ExecuteAsync(quick);
            Assert.That(quick.Values, Has.Count.EqualTo(bySlow[false].Count()));
            Assert.That(waits.IsCompleted, Is.False, "the slow node has not answered");
            slow.Pause(stops: false);
            await waits;
            Assert.That(waiting.Values, Has.Count.EqualTo(bySlow[true].Count()));
        }
        finally
        {
            slow.Pause(stops: false);
        }
    }

    [Test]
    public async Task ConnectAsync_takes_the_next_address_where_one_cannot_be_reached()
    {
        await using ScriptedRedis node = new((_, _) => ScriptedRedis.NoCluster);
        await using RedisClient client = await RedisClient.ConnectAsync(new RedisUrl { Addresses = [RedisNode.FreeAddress(), node.Address] }, Options);
        Assert.That((client.IsCluster, client.Masters.Single()), Is.EqualTo((false, node.Address)));
    }

    [Test]
    public async Task ConnectAsync_where_nothing_listens_fails_at_once()
    {
        RedisAddress nowhere = RedisNode.FreeAddress();
        Stopwatch watch = Stopwatch.StartNew();
        RedisConnectionException? failure =
            await Assert.ThrowsAsync<RedisConnectionException>(() => RedisClient.ConnectAsync(new RedisUrl { Addresses = [nowhere] }, Options));
        Assert.That(failure!.Message, Does.StartWith($"{nowhere} cannot be connected to: "));
        Assert.That(watch.Elapsed, Is.LessThan(Patience.Limit), "not tried again: who asks is told");
    }

    [Test]
    public async Task ConnectAsync_with_a_wrong_password_or_none_fails_and_says_so()
    {
        await using RedisNode node = await RedisNode.StartAsync(
            new RedisUrl { Addresses = [RedisNode.FreeAddress()], Password = "right" }, "--requirepass", "right");
        RedisUrl url = new() { Addresses = [node.Address] };

        Assert.That(
            (await Assert.ThrowsAsync<RedisException>(() => RedisClient.ConnectAsync(url with { Password = "wrong" }, Options)))!.Message,
            Does.Contain("does not accept the password: WRONGPASS").And.Not.Contain("wrong "));
        Assert.That((await Assert.ThrowsAsync<RedisException>(() => RedisClient.ConnectAsync(url, Options)))!.Message, Does.Contain("NOAUTH"));
        await using RedisClient client = await RedisClient.ConnectAsync(url with { User = "default", Password = "right" }, Options);
        Assert.That(await client.CountKeysAsync(node.Address), Is.Zero);
    }

    [Test]
    public async Task ConnectAsync_to_a_database_that_does_not_exist_fails()
    {
        await using RedisNode node = await RedisNode.StartAsync();
        RedisUrl url = new() { Addresses = [node.Address], Database = 99 };
        Assert.That((await Assert.ThrowsAsync<RedisException>(() => RedisClient.ConnectAsync(url, Options)))!.Message, Does.Contain("has no database 99"));
        RedisCluster cluster = await RedisCluster.SharedAsync();
        Assert.That(
            (await Assert.ThrowsAsync<RedisException>(() => RedisClient.ConnectAsync(cluster.Url with { Database = 1 }, Options)))!.Message,
            Does.Contain("has no database 1"));
    }

    private static int SlotOf(Guid key) => KvTcp.Redis.Cluster.KeySlot.Of(System.Text.Encoding.ASCII.GetBytes($"{key}"));
}
