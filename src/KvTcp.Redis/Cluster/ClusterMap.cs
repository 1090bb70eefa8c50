using System.Globalization;
using KvTcp.Protocol.Resp;

namespace KvTcp.Redis.Cluster;

/// <summary>Which master has which slots, and which replicas; a Redis that is no Cluster is a master that has all. Immutable.</summary>
internal sealed class ClusterMap
{
    private const short NoOwner = -1;

    private readonly short[] _owners;
    private readonly ILookup<RedisAddress, RedisAddress> _replicas;

    private ClusterMap(bool isCluster, IReadOnlyList<RedisAddress> masters, short[] owners, ILookup<RedisAddress, RedisAddress> replicas)
    {
        IsCluster = isCluster;
        Masters = masters;
        _owners = owners;
        _replicas = replicas;
        Replicas = [.. masters.Select(master => replicas[master].ToArray())];
        Serving = [.. owners.Where(static owner => owner != NoOwner).Distinct().Select(owner => masters[owner])];
    }

    /// <summary>Whether it is a Cluster.</summary>
    public bool IsCluster { get; }

    /// <summary>The masters, those without slots too.</summary>
    public IReadOnlyList<RedisAddress> Masters { get; }

    /// <summary>The replicas of each of <see cref="Masters"/> that can be read.</summary>
    public IReadOnlyList<IReadOnlyList<RedisAddress>> Replicas { get; }

    /// <summary>The masters that have slots.</summary>
    public IReadOnlyList<RedisAddress> Serving { get; }

    /// <summary>Whether every slot has a master.</summary>
    public bool HasAllSlots => !_owners.Contains(NoOwner);

    /// <summary>The map of a Redis that is no Cluster.</summary>
    /// <param name="address">Where it is.</param>
    public static ClusterMap Single(RedisAddress address) =>
        new(isCluster: false, [address], new short[KeySlot.Count], NoReplicas());

    /// <summary>Reads the reply to CLUSTER SHARDS.</summary>
    /// <param name="reply">The reply.</param>
    /// <param name="asked">The node that has replied, which stands for itself where no host is named.</param>
    /// <param name="usesTls">Whether the ports for TLS are wanted.</param>
    /// <exception cref="RedisException">It cannot be read, or knows of no master.</exception>
    public static ClusterMap OfShards(RedisReply reply, RedisAddress asked, bool usesTls)
    {
        Builder map = new(asked);
        foreach (RedisReply shard in reply.Elements)
        {
            IReadOnlyList<RedisReply> nodes = shard.Find("nodes")?.Elements ?? [];
            RedisReply[] masters = [.. nodes.Where(static node => node.Find("role")?.Text is "master")];

            // After a fail-over the old master may still be named as one.
            if ((masters.FirstOrDefault(static node => node.Find("health")?.Text is "online") ?? masters.FirstOrDefault()) is not RedisReply master)
            {
                continue;
            }

            short owner = map.AddMaster(Host(master), master.Find(usesTls ? "tls-port" : "port")?.Number ?? 0);
            foreach (RedisReply replica in nodes.Where(static node => node.Find("role")?.Text is "replica" && node.Find("health")?.Text is "online"))
            {
                map.AddReplica(owner, Host(replica), replica.Find(usesTls ? "tls-port" : "port")?.Number ?? 0);
            }

            IReadOnlyList<RedisReply> ranges = shard.Find("slots")?.Elements ?? [];
            for (int i = 0; i + 1 < ranges.Count; i += 2)
            {
                map.AddSlots(ranges[i], ranges[i + 1], owner);
            }
        }

        return map.Build();
    }

    /// <summary>
    /// Reads the reply to CLUSTER SLOTS, but for the replicas: it does not tell those that have their master's data from those that have
    /// none yet, which would say of every key that it is missing.
    /// </summary>
    /// <param name="reply">The reply.</param>
    /// <param name="asked">The node that has replied, which stands for itself where no host is named.</param>
    /// <exception cref="RedisException">It cannot be read, or knows of no master.</exception>
    public static ClusterMap OfSlots(RedisReply reply, RedisAddress asked)
    {
        Builder map = new(asked);
        foreach (RedisReply range in reply.Elements)
        {
            if (range.Elements is [RedisReply first, RedisReply last, { Elements: [RedisReply host, RedisReply port, ..] }, ..])
            {
                short owner = map.AddMaster(host.Text, port.Number);
                map.AddSlots(first, last, owner);
            }
        }

        return map.Build();
    }

    /// <summary>The place of a slot's master in <see cref="Masters"/>; negative when no node has it.</summary>
    /// <param name="slot">The slot.</param>
    public int OwnerOf(int slot) => _owners[slot];

    /// <summary>The same map with some slots elsewhere.</summary>
    /// <param name="moved">The slots, and their new masters.</param>
    public ClusterMap With(IEnumerable<(int Slot, RedisAddress Master)> moved)
    {
        List<RedisAddress> masters = [.. Masters];
        short[] owners = [.. _owners];
        foreach ((int slot, RedisAddress master) in moved)
        {
            int place = masters.IndexOf(master);
            if (place < 0)
            {
                place = masters.Count;
                masters.Add(master);
            }

            owners[slot] = (short)place;
        }

        return new ClusterMap(IsCluster, masters, owners, _replicas);
    }

    /// <summary>Whether every slot is where it is in another map.</summary>
    /// <param name="other">The other map.</param>
    public bool HasSameSlots(ClusterMap other) =>
        Enumerable.Range(0, KeySlot.Count).All(slot => Master(slot) == other.Master(slot));

    private static string Host(RedisReply node) =>
        node.Find("endpoint")?.Text is { Length: > 0 } endpoint and not "?" ? endpoint : node.Find("ip")?.Text ?? "";

    private static ILookup<RedisAddress, RedisAddress> NoReplicas() => Array.Empty<RedisAddress>().ToLookup(static address => address);

    private RedisAddress? Master(int slot) => _owners[slot] == NoOwner ? null : Masters[_owners[slot]];

    private sealed class Builder(RedisAddress asked)
    {
        private readonly List<RedisAddress> _masters = [];
        private readonly short[] _owners = NoOwners();
        private readonly HashSet<(RedisAddress Master, RedisAddress Replica)> _replicas = [];

        public short AddMaster(string host, long port)
        {
            RedisAddress address = Address(host, port);
            int place = _masters.IndexOf(address);
            if (place < 0)
            {
                place = _masters.Count;
                _masters.Add(address);
            }

            return (short)place;
        }

        public void AddReplica(short owner, string host, long port) => _replicas.Add((_masters[owner], Address(host, port)));

        public void AddSlots(RedisReply first, RedisReply last, short owner)
        {
            (long from, long to) = (Number(first), Number(last));
            if (from < 0 || to < from || to >= KeySlot.Count)
            {
                throw Unreadable($"it names the slots {from} to {to}");
            }

            _owners.AsSpan((int)from, (int)(to - from + 1)).Fill(owner);
        }

        public ClusterMap Build() => _masters.Count is > 0 and <= short.MaxValue
            ? new ClusterMap(isCluster: true, _masters, _owners, _replicas.ToLookup(static pair => pair.Master, static pair => pair.Replica))
            : throw Unreadable("it names no master");

        private RedisAddress Address(string host, long port) => port is < 1 or > 65_535
            ? throw Unreadable($"it names the port {port}")
            : new RedisAddress(host.Length > 0 ? host : asked.Host, (int)port);

        // Some servers send these numbers as text.
        private static long Number(RedisReply reply) =>
            reply.Kind == RespReplyKind.Number ? reply.Number
            : long.TryParse(reply.Text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number
            : -1;

        private static short[] NoOwners()
        {
            short[] owners = new short[KeySlot.Count];
            Array.Fill(owners, NoOwner);
            return owners;
        }

        private RedisException Unreadable(string why) => new($"{asked} tells of its Cluster what cannot be: {why}");
    }
}
