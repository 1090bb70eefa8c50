using System.Diagnostics;
using System.Net;
using System.Text;
using KvTcp.Redis;
using KvTcp.Redis.Cluster;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Server.Engine;

/// <summary>A server in front of real engines to which something happens.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class FrontDoorFaultTests
{
    /// <summary>How long a reply may take when its engine has failed: the time for an answer, once more, and what a busy machine adds.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(5);

    private static readonly Guid[] Keys = [.. Enumerable.Range(0, 600).Select(TestDataset.Key)];

    [Test]
    public async Task Engine_that_is_down_at_the_start_and_later_is_taken_up_each_time_it_comes()
    {
        RedisUrl url = new() { Addresses = [RedisNode.FreeAddress()] };
        await using FrontDoor door = await FrontDoor.StartAnywayAsync(url);
        using LineClient client = await door.ConnectAsync();
        await client.SendAsync($"GET {Keys[0]}\nMGET {Keys[0]}\nEXISTS {Keys[0]}\nCOUNT\nPING\n");
        Assert.That(
            await client.ReadLinesAsync(5), Does.Match("^(ERR LOADING the engine has not been reached yet; try again later\n){4}OK PONG\n$"));
        Assert.That((await door.HttpClient.GetAsync("/health/ready")).StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That((await door.HttpClient.GetAsync($"/v1/keys/{Keys[0]}")).StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));

        await using RedisNode node = await RedisNode.StartAsync(url);
        await FrontDoor.FillAsync(url, Keys);
        await door.IsReadyAsync();
        Assert.That(await client.AskAsync($"GET {Keys[0]}"), Is.EqualTo($"OK {Keys[0]}"));
        Assert.That((await door.HttpClient.GetAsync("/health/ready")).StatusCode, Is.EqualTo(HttpStatusCode.OK));

        await node.KillAsync();
        await door.HasTroubleAsync();
        await client.SendAsync($"GET {Keys[0]}\nEXISTS {Keys[0]}\nCOUNT\nMGET {Keys[0]} {Keys[1]}\n");
        Assert.That(await client.ReadLinesAsync(6), Does.Match($"^(ERR INTERNAL [^\n]+\n){{3}}LINES 2\n(ERR INTERNAL {node.Address} [^\n]+\n){{2}}$"));
        Assert.That((await door.HttpClient.GetAsync("/health/ready")).StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That((await door.HttpClient.GetAsync($"/v1/keys/{Keys[0]}")).StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));

        await node.StartAgainAsync();
        await door.IsReadyAsync();
        Assert.That(await client.AskAsync($"GET {Keys[0]}"), Is.EqualTo("NOT_FOUND"), "it has come back empty");
    }

    [Test]
    public async Task Wrong_password_is_told_and_the_right_one_is_taken_up()
    {
        RedisUrl url = new() { Addresses = [RedisNode.FreeAddress()], Password = "right" };
        await using RedisNode node = await RedisNode.StartAsync(url, "--requirepass", "right");
        await FrontDoor.FillAsync(url, Keys);
        await using FrontDoor door = await FrontDoor.StartAnywayAsync(url with { Password = "other" });
        await Patience.UntilAsync(
            () => Task.FromResult(door.Engine.Trouble?.Contains("password", StringComparison.Ordinal) == true), "the engine has refused the password");
        Assert.That(door.Engine.Trouble, Does.StartWith($"{node.Address} does not accept the password: WRONGPASS").And.Not.Contain("other"));
        Assert.That(await door.GetAsync(Keys[0]), Does.StartWith("ERR LOADING "));
        await node.AskAsync("CONFIG", "SET", "requirepass", "other");
        await door.IsReadyAsync();
        Assert.That(await door.GetAsync(Keys[0]), Is.EqualTo($"OK {Keys[0]}"));
    }

    [Test]
    public async Task Master_killed_under_load_gives_errors_in_bounded_time_no_wrong_value_and_recovers()
    {
        await using RedisCluster cluster = await RedisCluster.StartAsync(hasReplicas: true);
        await FrontDoor.FillAsync(cluster.Url, Keys);
        await Patience.UntilAsync(() => cluster.HaveReplicasAllAsync(Keys.Length), "the replicas have what their masters have");

        await using FrontDoor door = await FrontDoor.StartAsync(cluster.Url);
        using CancellationTokenSource done = new();
        Task<TimeSpan>[] load = [.. Enumerable.Range(0, 4).Select(number => Task.Run(() => LoadAsync(door, number, done.Token)))];
        await cluster.Masters[1].KillAsync();
        await Patience.UntilAsync(async () => (await cluster.Replicas[1].AskAsync("ROLE")).Elements[0].Text is "master", "the replica takes over");
        await door.IsReadyAsync();
        using LineClient client = await door.ConnectAsync();
        await Patience.UntilAsync(() => AllAreFoundAsync(client, Keys), "all keys are answered");
        await done.CancelAsync();
        TimeSpan[] longest = await Task.WhenAll(load);
        Assert.That(longest.Max(), Is.LessThan(Bound));
        Assert.That(door.Engine.Health.Masters, Does.Contain(cluster.Replicas[1].Address));
    }

    [Test]
    public async Task Slots_that_move_while_their_keys_are_asked_for_cost_no_answer()
    {
        await using RedisCluster cluster = await RedisCluster.StartAsync();
        await FrontDoor.FillAsync(cluster.Url, Keys);
        await using FrontDoor door = await FrontDoor.StartAsync(cluster.Url);
        int[] slots = [.. Keys.Select(SlotOf).Distinct().Where(slot => cluster.FirstOwner(slot) == 2).Take(60)];
        Task moving = Task.Run(async () =>
        {
            foreach (int slot in slots)
            {
                await cluster.MoveSlotAsync(slot, cluster.Masters[2], cluster.Masters[0]);
            }
        });
        using LineClient client = await door.ConnectAsync();
        int rounds = 0;
        do
        {
            Assert.That(await AllAreFoundAsync(client, Keys), Is.True, $"round {rounds}");
            rounds++;
        }
        while (!moving.IsCompleted);
        await moving;
        Assert.That(await AllAreFoundAsync(client, Keys), Is.True);
        Assert.That(rounds, Is.GreaterThan(1));
    }

    [Test]
    public async Task Node_that_stands_still_costs_the_keys_of_others_nothing_and_is_taken_up_again()
    {
        await using RedisCluster cluster = await RedisCluster.StartAsync(nodeTimeout: 60_000);
        await FrontDoor.FillAsync(cluster.Url, Keys);
        await using FrontDoor door = await FrontDoor.StartAsync(cluster.Url);
        RedisNode still = cluster.Masters[1];
        ILookup<bool, Guid> ofStill = Keys.ToLookup(key => cluster.Masters[cluster.FirstOwner(SlotOf(key))] == still);
        using LineClient waiting = await door.ConnectAsync();
        using LineClient other = await door.ConnectAsync();
        still.Pause(stops: true);
        try
        {
            Stopwatch watch = Stopwatch.StartNew();
            await waiting.SendAsync($"MGET {string.Join(' ', ofStill[true])}\n");
            Assert.That(await AllAreFoundAsync(other, ofStill[false]), Is.True);
            Assert.That(watch.Elapsed, Is.LessThan(door.Engine.Options.Timeout), "nobody has waited for the node that stands still");
            Assert.That(await waiting.ReadLineAsync(), Is.EqualTo($"LINES {ofStill[true].Count()}"));
            Assert.That(await waiting.ReadLinesAsync(ofStill[true].Count()), Does.Match($"^(ERR INTERNAL {still.Address} [^\n]*\n)+$"));
            Assert.That(watch.Elapsed, Is.LessThan(Bound));

            await door.HasTroubleAsync();
            Assert.That(door.Engine.Trouble, Does.StartWith($"{still.Address} "));
            Assert.That(await AllAreFoundAsync(other, ofStill[false]), Is.True);
        }
        finally
        {
            still.Pause(stops: false);
        }

        await door.IsReadyAsync();
        Assert.That(await AllAreFoundAsync(waiting, Keys), Is.True);
    }

    [Test]
    public async Task Long_values_are_asked_for_about_once_and_a_node_is_not_made_to_send_what_is_thrown_away()
    {
        const int Count = 200;
        string value = new('x', 100_000);
        int gets = 0;
        await using ScriptedRedis node = new((_, command) =>
        {
            gets += command[0] is "GET" ? 1 : 0;
            return command[0] switch
            {
                "CLUSTER" => ScriptedRedis.NoCluster,
                "PING" => "+PONG\r\n",
                "DBSIZE" => ":7\r\n",
                _ => RespText.Bulk(value),
            };
        });
        await using FrontDoor door = await FrontDoor.StartAsync(node.Url);
        using LineClient client = await door.ConnectAsync();
        Task sending = client.SendAsync(string.Concat(Keys.Take(Count).Select(static key => $"GET {key}\n")));
        for (int i = 0; i < Count; i++)
        {
            Assert.That(await client.ReadLineAsync(), Is.EqualTo("OK " + value));
        }

        await sending;
        Assert.That(gets, Is.LessThan(64 + 2 * Count), "64 before it is known how long values are, then one or two for one");
        int before = gets;
        HttpResponseMessage batch = await door.HttpClient.PostAsync(
            "/v1/keys", new StringContent($$"""{"keys":[{{string.Join(',', Keys.Take(Count).Select(static key => $"\"{key}\""))}}]}""", Encoding.UTF8, "application/json"));
        Assert.That((await batch.Content.ReadAsStringAsync()).Split(value), Has.Length.EqualTo(Count + 1));
        Assert.That(gets - before, Is.LessThan(64 + 2 * Count));
    }

    [Test]
    public async Task Replicas_are_read_where_that_is_asked_for_and_masters_in_their_place()
    {
        await using RedisCluster cluster = await RedisCluster.StartAsync(hasReplicas: true);
        await FrontDoor.FillAsync(cluster.Url, Keys);
        await Patience.UntilAsync(() => cluster.HaveReplicasAllAsync(Keys.Length), "the replicas have what their masters have");

        RedisNode asked = cluster.Masters[0];
        await Patience.UntilAsync(
            async () => ClusterMap.OfShards(await asked.AskAsync("CLUSTER", "SHARDS"), asked.Address, usesTls: false).Replicas.All(static r => r.Count == 1),
            "the Cluster knows that its replicas can be read");
        await using FrontDoor door = await FrontDoor.StartAsync(cluster.Url, static options => options with { ReadFrom = ReadFrom.Replica });
        using LineClient client = await door.ConnectAsync();
        Assert.That(await AllAreFoundAsync(client, Keys), Is.True);
        Assert.That(await GetsAsync(cluster.Replicas), Is.EqualTo(Keys.Length));
        Assert.That(await GetsAsync(cluster.Masters), Is.Zero);
        await cluster.Replicas[0].KillAsync();
        Assert.That(await AllAreFoundAsync(client, Keys), Is.True);
        Assert.That(await GetsAsync(cluster.Masters), Is.EqualTo(Keys.Count(key => cluster.FirstOwner(SlotOf(key)) == 0)));
    }

    [Test]
    public async Task Cache_answers_until_its_time_is_over_and_while_the_engine_is_down()
    {
        await using RedisNode node = await RedisNode.StartAsync();
        RedisUrl url = new() { Addresses = [node.Address] };
        await FrontDoor.FillAsync(url, Keys);
        await using FrontDoor door = await FrontDoor.StartAsync(
            url, static options => options with { CacheSize = 1 << 20, CacheTtl = TimeSpan.FromHours(1) });
        using LineClient client = await door.ConnectAsync();
        Assert.That(await AllAreFoundAsync(client, Keys), Is.True);
        Assert.That(await client.AskAsync($"GET {TestDataset.Missing(0)}"), Is.EqualTo("NOT_FOUND"));
        await node.KillAsync();
        await door.HasTroubleAsync();
        Assert.That(await AllAreFoundAsync(client, Keys), Is.True);
        Assert.That(await client.AskAsync($"GET {TestDataset.Missing(0)}"), Is.EqualTo("NOT_FOUND"));
        Assert.That(await client.AskAsync($"GET {TestDataset.Missing(1)}"), Does.StartWith("ERR INTERNAL "));
        IReadOnlyDictionary<string, string> stats = await client.StatsAsync();
        Assert.That((stats["cache_hits"], stats["cache_misses"]), Is.EqualTo(($"{Keys.Length + 1}", $"{Keys.Length + 2}")));
        Assert.That(stats["cache_hit_rate"], Is.EqualTo("0.500").Or.EqualTo("0.499"));
        Assert.That((stats["key_failures"], stats["cache_entries"]), Is.EqualTo(("1", $"{Keys.Length + 1}")));
    }

    private static int SlotOf(Guid key) => KeySlot.Of(ByteText.Bytes($"{key}"));

    /// <summary>Asks until it is told to stop: each answer has to be the right one or an error.</summary>
    /// <returns>The longest that the replies to one read have taken.</returns>
    private static async Task<TimeSpan> LoadAsync(FrontDoor door, int number, CancellationToken done)
    {
        using LineClient client = await door.ConnectAsync();
        TimeSpan longest = TimeSpan.Zero;
        for (int round = 0; !done.IsCancellationRequested; round++)
        {
            Guid[] keys = [.. Enumerable.Range(0, 50).Select(i => Keys[(number * 150 + round * 50 + i) % Keys.Length])];
            Stopwatch watch = Stopwatch.StartNew();
            await client.SendAsync(string.Concat(keys.Select(static key => $"GET {key}\n")));
            foreach (Guid key in keys)
            {
                string reply = await client.ReadLineAsync();
                Assert.That(reply, Is.EqualTo($"OK {key}").Or.StartWith("ERR INTERNAL ").Or.StartWith("ERR LOADING "));
            }

            longest = watch.Elapsed > longest ? watch.Elapsed : longest;
        }

        return longest;
    }

    private static async Task<bool> AllAreFoundAsync(LineClient client, IEnumerable<Guid> keys)
    {
        Guid[] all = [.. keys];
        await client.SendAsync($"MGET {string.Join(' ', all)}\n");
        Assert.That(await client.ReadLineAsync(), Is.EqualTo($"LINES {all.Length}"));
        string[] replies = (await client.ReadLinesAsync(all.Length)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i < all.Length; i++)
        {
            Assert.That(replies[i], Is.EqualTo($"OK {all[i]}").Or.StartWith("ERR "));
        }

        return replies.All(static reply => reply.StartsWith("OK ", StringComparison.Ordinal));
    }

    private static async Task<int> GetsAsync(IEnumerable<RedisNode> nodes)
    {
        int gets = 0;
        foreach (RedisNode node in nodes)
        {
            string text;
            try
            {
                text = (await node.AskAsync("INFO", "commandstats")).Text;
            }
            catch (RedisConnectionException)
            {
                continue;
            }

            int start = text.IndexOf("cmdstat_get:calls=", StringComparison.Ordinal);
            gets += start < 0 ? 0 : int.Parse(text.AsSpan(start + 18, text.IndexOf(',', start) - start - 18));
        }

        return gets;
    }
}
