using System.Globalization;
using KvTcp.Redis;
using KvTcp.Redis.Cluster;

namespace KvTcp.Tests.Support;

/// <summary>A Redis Cluster of three masters, each with a replica where that is asked for. It starts in some two seconds; killed when disposed.</summary>
internal sealed class RedisCluster : IAsyncDisposable
{
    private const int MasterCount = 3;

    // Redis's own delay before a node that has started accepts requests is 2 s; a fail-over takes about as long as this and that.
    private const int NodeTimeout = 1000;

    private static readonly SemaphoreSlim SharedStart = new(1);
    private static RedisCluster? _shared;

    private RedisCluster(IReadOnlyList<RedisNode> masters, IReadOnlyList<RedisNode> replicas)
    {
        Masters = masters;
        Replicas = replicas;
    }

    public IReadOnlyList<RedisNode> Masters { get; }

    public IReadOnlyList<RedisNode> Replicas { get; }

    public RedisUrl Url => new() { Addresses = [Masters[0].Address] };

    /// <summary>A Cluster without replicas for all tests that leave its nodes and slots as they are; emptied.</summary>
    public static async Task<RedisCluster> SharedAsync()
    {
        await SharedStart.WaitAsync();
        try
        {
            _shared ??= await StartAsync();
        }
        finally
        {
            SharedStart.Release();
        }

        foreach (RedisNode master in _shared.Masters)
        {
            await master.AskAsync("FLUSHALL");
        }

        return _shared;
    }

    /// <summary>Ends the shared Cluster, if a test has used it.</summary>
    public static async Task EndSharedAsync()
    {
        if (_shared is not null)
        {
            await _shared.DisposeAsync();
        }
    }

    /// <summary>Starts a Cluster.</summary>
    /// <param name="hasReplicas">Whether each master has a replica.</param>
    /// <param name="nodeTimeout">After how many milliseconds the others give a silent node up, and refuse all keys if it has no replica.</param>
    public static async Task<RedisCluster> StartAsync(bool hasReplicas = false, int nodeTimeout = NodeTimeout)
    {
        RedisNode[] masters = await Task.WhenAll(Enumerable.Range(0, MasterCount).Select(_ => StartNodeAsync(nodeTimeout)));
        RedisNode[] replicas = hasReplicas ? await Task.WhenAll(masters.Select(_ => StartNodeAsync(nodeTimeout))) : [];
        RedisCluster cluster = new(masters, replicas);
        try
        {
            await cluster.FormAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The master that has a slot by the division that the Cluster starts with.</summary>
    /// <param name="slot">The slot.</param>
    public int FirstOwner(int slot) => slot * MasterCount / KeySlot.Count;

    /// <summary>Moves a slot with all its keys to another master, as `redis-cli --cluster reshard` does.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="from">Who has it.</param>
    /// <param name="to">Who is to have it.</param>
    public async Task MoveSlotAsync(int slot, RedisNode from, RedisNode to)
    {
        await StartMovingAsync(slot, from, to);
        for (string[] keys; (keys = [.. (await from.AskAsync("CLUSTER", "GETKEYSINSLOT", $"{slot}", "100")).Elements.Select(static key => key.Text)]).Length > 0;)
        {
            await from.AskAsync(["MIGRATE", to.Address.Host, $"{to.Address.Port}", "", "0", "5000", "KEYS", .. keys]);
        }

        string target = await IdAsync(to);
        await to.AskAsync("CLUSTER", "SETSLOT", $"{slot}", "NODE", target);
        await from.AskAsync("CLUSTER", "SETSLOT", $"{slot}", "NODE", target);
    }

    /// <summary>Whether the masters have so many keys, and their replicas as well: nothing is lost then when a master dies.</summary>
    public async Task<bool> HaveReplicasAllAsync(int keys)
    {
        RedisReply[] masters = await Task.WhenAll(Masters.Select(static node => node.AskAsync("DBSIZE")));
        RedisReply[] replicas = await Task.WhenAll(Replicas.Select(static node => node.AskAsync("DBSIZE")));
        return masters.Sum(static reply => reply.Number) == keys
            && replicas.Select(static reply => reply.Number).SequenceEqual(masters.Select(static reply => reply.Number));
    }

    /// <summary>Leaves a slot between two masters: the one still has it, the other answers for the keys that the first has no more.</summary>
    public async Task StartMovingAsync(int slot, RedisNode from, RedisNode to)
    {
        await to.AskAsync("CLUSTER", "SETSLOT", $"{slot}", "IMPORTING", await IdAsync(from));
        await from.AskAsync("CLUSTER", "SETSLOT", $"{slot}", "MIGRATING", await IdAsync(to));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (RedisNode node in Masters.Concat(Replicas))
        {
            await node.DisposeAsync();
        }
    }

    private static Task<RedisNode> StartNodeAsync(int nodeTimeout) => RedisNode.StartAsync(
        "--cluster-enabled", "yes", "--cluster-port", $"{RedisNode.FreeAddress().Port}", "--cluster-node-timeout", $"{nodeTimeout}",
        "--repl-diskless-sync-delay", "0", "--cluster-replica-validity-factor", "0");

    private static async Task<string> IdAsync(RedisNode node) => (await node.AskAsync("CLUSTER", "MYID")).Text;

    private async Task FormAsync()
    {
        for (int i = 0; i < MasterCount; i++)
        {
            int first = ((i * KeySlot.Count) + MasterCount - 1) / MasterCount;
            int last = (((i + 1) * KeySlot.Count) + MasterCount - 1) / MasterCount - 1;
            await Masters[i].AskAsync("CLUSTER", "ADDSLOTSRANGE", $"{first}", $"{last}");
            await Masters[i].AskAsync("CLUSTER", "SET-CONFIG-EPOCH", $"{i + 1}");
        }

        int bus = int.Parse((await Masters[0].AskAsync("CONFIG", "GET", "cluster-port")).Elements[1].Text, CultureInfo.InvariantCulture);
        RedisNode[] all = [.. Masters, .. Replicas];
        foreach (RedisNode node in all[1..])
        {
            await node.AskAsync("CLUSTER", "MEET", "127.0.0.1", $"{Masters[0].Address.Port}", $"{bus}");
        }

        await Patience.UntilAsync(() => AllSayAsync(all, $"cluster_known_nodes:{all.Length}\r\n"), "the nodes know each other");
        for (int i = 0; i < Replicas.Count; i++)
        {
            await Replicas[i].AskAsync("CLUSTER", "REPLICATE", await IdAsync(Masters[i]));
        }

        await Patience.UntilAsync(() => AllSayAsync(all, "cluster_state:ok"), "the Cluster is ready");
        await Patience.UntilAsync(HasReplicationAsync, "the replicas follow their masters");
    }

    private static async Task<bool> AllSayAsync(IEnumerable<RedisNode> nodes, string text)
    {
        foreach (RedisNode node in nodes)
        {
            if (!(await node.AskAsync("CLUSTER", "INFO")).Text.Contains(text, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    private async Task<bool> HasReplicationAsync()
    {
        foreach (RedisNode replica in Replicas)
        {
            if (!(await replica.AskAsync("INFO", "replication")).Text.Contains("master_link_status:up", StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }
}
