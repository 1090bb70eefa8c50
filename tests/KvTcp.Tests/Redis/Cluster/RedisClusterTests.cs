using System.Text;
using KvTcp.Redis;
using KvTcp.Redis.Cluster;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Redis.Cluster;

/// <summary>The client and a real Cluster, whatever happens to it.</summary>
[TestFixture]
public class RedisClusterTests
{
    private static readonly RedisOptions Options = new() { RetryFor = Patience.Limit };

    private static readonly Guid[] Keys = [.. Enumerable.Range(0, 2000).Select(TestDataset.Key)];

    [Test]
    public async Task ExecuteAsync_reaches_every_node_with_its_keys()
    {
        RedisCluster cluster = await RedisCluster.SharedAsync();
        await using RedisClient client = await RedisClient.ConnectAsync(cluster.Url, Options);
        await FillAsync(client);
        Assert.That(client.IsCluster, Is.True);
        Assert.That(client.Masters, Is.EquivalentTo(cluster.Masters.Select(static node => node.Address)));
        long stored = 0;
        foreach (RedisNode node in cluster.Masters)
        {
            long count = await client.CountKeysAsync(node.Address);
            Assert.That(count, Is.GreaterThan(Keys.Length / 6), "about a third of the keys");
            stored += count;
        }

        Assert.That(stored, Is.EqualTo(Keys.Length));
        await AssertValuesAsync(client);
        RedisPairs missing = RedisPairs.ToRead(Enumerable.Range(0, 100).Select(TestDataset.Missing));
        await client.ExecuteAsync(missing);
        Assert.That(missing.Values.Values, Has.Exactly(100).Null);
    }

    [Test]
    public async Task ExecuteAsync_follows_slots_that_have_moved_and_keys_that_are_on_their_way()
    {
        await using RedisCluster cluster = await RedisCluster.StartAsync();
        await using RedisClient client = await RedisClient.ConnectAsync(cluster.Url, Options);
        await FillAsync(client);
        int[] slots = [.. Keys.Select(SlotOf).Distinct().Where(slot => cluster.FirstOwner(slot) == 0).Take(6)];
        foreach (int slot in slots[..3])
        {
            await cluster.MoveSlotAsync(slot, cluster.Masters[0], cluster.Masters[1]);
        }

        foreach (int slot in slots[3..])
        {
            // Its keys are with the new node already, the slot is not.
            await cluster.StartMovingAsync(slot, cluster.Masters[0], cluster.Masters[2]);
            string[] keys = [.. Keys.Where(key => SlotOf(key) == slot).Select(static key => $"{key}")];
            RedisAddress to = cluster.Masters[2].Address;
            await cluster.Masters[0].AskAsync(["MIGRATE", to.Host, $"{to.Port}", "", "0", "5000", "KEYS", .. keys]);
        }

        await AssertValuesAsync(client);
        await client.ExecuteAsync(RedisPairs.ToStore(Keys, static key => $"{key}!"));
        await AssertValuesAsync(client, "!");
    }

    [Test]
    public async Task ExecuteAsync_gives_the_right_values_while_slots_move()
    {
        await using RedisCluster cluster = await RedisCluster.StartAsync();
        await using RedisClient client = await RedisClient.ConnectAsync(cluster.Url, Options);
        await FillAsync(client);
        int[] slots = [.. Keys.Select(SlotOf).Distinct().Where(slot => cluster.FirstOwner(slot) == 2).Take(100)];
        Task moving = Task.Run(async () =>
        {
            foreach (int slot in slots)
            {
                await cluster.MoveSlotAsync(slot, cluster.Masters[2], cluster.Masters[0]);
            }
        });
        int rounds = 0;
        do
        {
            await AssertValuesAsync(client);
            rounds++;
        }
        while (!moving.IsCompleted);
        await moving;
        await AssertValuesAsync(client);
        Assert.That(rounds, Is.GreaterThan(1));
        Assert.That(await client.ConfirmSlotsAsync(), Is.False, "slots are elsewhere than at first");
    }

    [Test]
    public async Task ExecuteAsync_survives_the_death_of_a_master_under_load_and_never_gives_a_wrong_value()
    {
        await using RedisCluster cluster = await RedisCluster.StartAsync(hasReplicas: true);
        await using RedisClient client = await RedisClient.ConnectAsync(cluster.Url, Options);
        await FillAsync(client);
        await Patience.UntilAsync(() => cluster.HaveReplicasAllAsync(Keys.Length), "the replicas have what their masters have");

        using CancellationTokenSource done = new();
        Task[] load = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                await AssertValuesAsync(client);
            }
        }))];
        await cluster.Masters[1].KillAsync();
        await Patience.UntilAsync(async () => (await cluster.Replicas[1].AskAsync("ROLE")).Elements[0].Text is "master", "the replica takes over");
        await AssertValuesAsync(client);
        await done.CancelAsync();
        await Task.WhenAll(load);
        Assert.That(client.Masters, Does.Contain(cluster.Replicas[1].Address));
    }

    [Test]
    public async Task ExecuteAsync_with_all_nodes_dead_fails_in_time_and_succeeds_when_they_are_back()
    {
        await using RedisNode node = await RedisNode.StartAsync();
        await using RedisClient client = await RedisClient.ConnectAsync(
            new RedisUrl { Addresses = [node.Address] }, Options with { RetryFor = TimeSpan.FromMilliseconds(300) });
        await FillAsync(client);
        await node.KillAsync();
        await Assert.ThrowsAsync<RedisConnectionException>(() => client.ExecuteAsync(RedisPairs.ToRead(Keys)));
        await node.StartAgainAsync();
        RedisPairs pairs = RedisPairs.ToRead(Keys);
        await client.ExecuteAsync(pairs);
        Assert.That(pairs.Values.Values, Has.Exactly(Keys.Length).Null, "it has come back empty");
    }

    private static int SlotOf(Guid key) => KeySlot.Of(Encoding.ASCII.GetBytes($"{key}"));

    private static Task FillAsync(RedisClient client) => client.ExecuteAsync(RedisPairs.ToStore(Keys, static key => $"{key}"));

    private static async Task AssertValuesAsync(RedisClient client, string suffix = "")
    {
        RedisPairs pairs = RedisPairs.ToRead(Keys);
        await client.ExecuteAsync(pairs);
        string[] wrong = [.. Keys.Where(key => !string.Equals(pairs.Values[key], $"{key}{suffix}", StringComparison.Ordinal)).Select(key => $"{key}: {pairs.Values[key]}")];
        Assert.That(wrong, Is.Empty);
    }
}
