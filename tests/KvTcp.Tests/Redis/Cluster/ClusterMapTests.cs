using KvTcp.Redis;
using KvTcp.Redis.Cluster;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Redis.Cluster;

/// <summary>What nodes tell of their Cluster, in the ways in which versions and kinds of servers differ.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ClusterMapTests
{
    private const string UnknownCommand = "-ERR unknown subcommand 'SHARDS'. Try CLUSTER HELP.\r\n";

    private static readonly RedisOptions Options = new() { RetryFor = Patience.Limit };

    [Test]
    public async Task Shards_name_the_master_that_is_online_and_its_endpoint()
    {
        string shards = RespText.Array(
            Shard(0, 100, Node("old", 7001, "master", "failed"), Node("new", 7002, "master", "online"), Node("x", 7003, "replica", "online")),
            Shard(101, 16383, Node("?", 7004, "master", "online")),
            Shard(0, -1));
        Assert.That(await MastersAsync(shards, UnknownCommand), Is.EqualTo(["new:7002", "ip-of-?:7004"]));
    }

    [Test]
    public async Task Slots_are_asked_for_where_there_are_no_shards()
    {
        string slots = RespText.Array(
            RespText.Array(":0\r\n", ":100\r\n", RespText.Array(RespText.Bulk("a"), ":7001\r\n", RespText.Bulk("id")), RespText.Array(RespText.Bulk("r"), ":7009\r\n")),
            RespText.Array(":101\r\n", ":200\r\n", RespText.Array(RespText.Bulk("b"), ":7002\r\n", RespText.Bulk("id"), "*0\r\n")),
            RespText.Array(":201\r\n", ":16383\r\n", RespText.Array(RespText.Bulk("a"), ":7001\r\n")));
        Assert.That(await MastersAsync(UnknownCommand, slots), Is.EqualTo(["a:7001", "b:7002"]));
    }

    [Test]
    public void Slots_tell_of_replicas_too_but_not_whether_they_have_the_data_so_they_are_not_read()
    {
        ReadOnlySpan<byte> slots = ByteText.Bytes(RespText.Array(RespText.Array(
            ":0\r\n", ":16383\r\n", RespText.Array(RespText.Bulk("a"), ":7001\r\n"), RespText.Array(RespText.Bulk("b"), ":7002\r\n"))));
        ClusterMap map = ClusterMap.OfSlots(RedisReply.TryRead(ref slots, 100)!, new RedisAddress("a", 7001));
        Assert.That((map.Masters.Single().Port, map.Replicas[0].Any()), Is.EqualTo((7001, false)));
    }

    [Test]
    public async Task Node_without_a_host_is_the_one_that_was_asked()
    {
        string slots = RespText.Array(RespText.Array(":0\r\n", ":16383\r\n", RespText.Array("$-1\r\n", ":7001\r\n")));
        Assert.That(await MastersAsync(UnknownCommand, slots), Is.EqualTo(["127.0.0.1:7001"]));
    }

    [TestCase("-ERR unknown command 'CLUSTER', with args beginning with: 'SLOTS'\r\n")]
    [TestCase(ScriptedRedis.NoCluster)]
    public async Task Server_that_knows_of_no_Cluster_is_a_single_one(string error)
    {
        await using ScriptedRedis node = new((_, _) => error);
        await using RedisClient client = await RedisClient.ConnectAsync(node.Url, Options);
        Assert.That((client.IsCluster, client.Masters.Single()), Is.EqualTo((false, node.Address)));
    }

    [TestCase("*0\r\n", "no master")]
    [TestCase("+OK\r\n", "no master")]
    [TestCase("*1\r\n*3\r\n:0\r\n:16384\r\n*2\r\n$1\r\na\r\n:7001\r\n", "slots 0 to 16384")]
    [TestCase("*1\r\n*3\r\n:5\r\n:4\r\n*2\r\n$1\r\na\r\n:7001\r\n", "slots 5 to 4")]
    [TestCase("*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n$1\r\na\r\n:70000\r\n", "the port 70000")]
    public async Task What_cannot_be_is_refused(string slots, string words)
    {
        await using ScriptedRedis node = new((_, command) => command[1] is "SHARDS" ? UnknownCommand : slots);
        RedisException? failure = await Assert.ThrowsAsync<RedisException>(() => RedisClient.ConnectAsync(node.Url, Options));
        Assert.That(failure!.Message, Does.Contain(words));
    }

    [Test]
    public async Task Keys_of_a_slot_that_no_node_has_get_an_error_in_time()
    {
        string slots = RespText.Array(RespText.Array(":0\r\n", ":0\r\n", RespText.Array("$-1\r\n", ":7001\r\n")));
        await using ScriptedRedis node = new((_, command) => command[1] is "SHARDS" ? UnknownCommand : slots);
        await using RedisClient client = await RedisClient.ConnectAsync(node.Url, Options with { RetryFor = TimeSpan.FromMilliseconds(200) });
        RedisException? failure =
            await Assert.ThrowsAsync<RedisConnectionException>(() => client.ExecuteAsync(RedisPairs.ToRead(TestDataset.Key(0))));
        Assert.That(failure!.Message, Does.StartWith("no node has slot "));
    }

    [Test]
    public async Task Nodes_that_send_a_request_to_and_fro_get_an_error_in_time()
    {
        RedisAddress self = default;
        int asked = 0;
        await using ScriptedRedis node = new((_, command) => command[0] switch
        {
            "CLUSTER" when command[1] is "SHARDS" => UnknownCommand,
            "CLUSTER" => RespText.Array(RespText.Array(":0\r\n", ":16383\r\n", RespText.Array("$-1\r\n", $":{self.Port}\r\n"))),
            _ => Interlocked.Increment(ref asked) > 0 ? $"-MOVED {KvTcp.Redis.Cluster.KeySlot.Of(ByteText.Bytes(command[1]))} :{self.Port}\r\n" : "",
        });
        self = node.Address;
        await using RedisClient client = await RedisClient.ConnectAsync(node.Url, Options with { RetryFor = TimeSpan.FromMilliseconds(200) });
        RedisException? failure =
            await Assert.ThrowsAsync<RedisConnectionException>(() => client.ExecuteAsync(RedisPairs.ToRead(TestDataset.Key(0))));
        Assert.That(failure!.Message, Does.Contain("MOVED"));
        Assert.That(asked, Is.LessThan(50), "with pauses between");
    }

    [Test]
    public async Task Array_that_announces_more_than_it_brings_takes_no_memory_and_ends_with_the_time()
    {
        await using ScriptedRedis node = new((_, _) => "*2147483647\r\n");
        RedisOptions options = Options with { ReplyTimeout = TimeSpan.FromMilliseconds(100) };
        await Assert.ThrowsAsync<RedisConnectionException>(() => RedisClient.ConnectAsync(node.Url, options));
    }

    [Test]
    public async Task Reply_that_nests_too_deep_is_refused()
    {
        await using ScriptedRedis node = new((_, _) => string.Concat(Enumerable.Repeat("*1\r\n", 100)) + "+x\r\n");
        Assert.That(
            (await Assert.ThrowsAsync<RedisException>(() => RedisClient.ConnectAsync(node.Url, Options)))!.Message, Does.Contain("no reply of RESP2"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Redirection_without_a_host_goes_to_another_port_of_the_same_host(bool isMoved)
    {
        await using ScriptedRedis target = new((_, command) => command[0] is "ASKING" ? "+OK\r\n" : "$5\r\nvalue\r\n");
        string redirection = $"-{(isMoved ? "MOVED" : "ASK")} 1 :{target.Address.Port}\r\n";
        RedisAddress self = default;
        await using ScriptedRedis node = new((_, command) => command[0] switch
        {
            "CLUSTER" when command[1] is "SHARDS" => UnknownCommand,
            "CLUSTER" => RespText.Array(RespText.Array(":0\r\n", ":16383\r\n", RespText.Array("$-1\r\n", $":{self.Port}\r\n"))),
            _ => redirection.Replace(" 1 ", $" {KvTcp.Redis.Cluster.KeySlot.Of(ByteText.Bytes(command[1]))} ", StringComparison.Ordinal),
        });
        self = node.Address;
        await using RedisClient client = await RedisClient.ConnectAsync(node.Url, Options);
        RedisPairs pairs = RedisPairs.ToRead(Enumerable.Range(0, 3).Select(TestDataset.Key));
        await client.ExecuteAsync(pairs);
        Assert.That(pairs.Values.Values, Is.EqualTo(["value", "value", "value"]));
        Assert.That(client.Masters.Contains(target.Address), Is.EqualTo(isMoved), "ASK is for this once");
    }

    private static async Task<string[]> MastersAsync(string shards, string slots)
    {
        await using ScriptedRedis node = new((_, command) => command[1] is "SHARDS" ? shards : slots);
        await using RedisClient client = await RedisClient.ConnectAsync(node.Url, Options);
        Assert.That(client.IsCluster, Is.True);
        return [.. client.Masters.Select(static master => $"{master}")];
    }

    private static string Shard(int first, int last, params string[] nodes) => RespText.Array(
        RespText.Bulk("slots"), last < 0 ? "*0\r\n" : RespText.Array($":{first}\r\n", $":{last}\r\n"), RespText.Bulk("nodes"), RespText.Array(nodes));

    private static string Node(string host, int port, string role, string health) => RespText.Array(
        RespText.Bulk("id"), RespText.Bulk("x"), RespText.Bulk("port"), $":{port}\r\n", RespText.Bulk("ip"), RespText.Bulk($"ip-of-{host}"),
        RespText.Bulk("endpoint"), RespText.Bulk(host), RespText.Bulk("role"), RespText.Bulk(role), RespText.Bulk("health"), RespText.Bulk(health));
}
