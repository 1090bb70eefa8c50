using KvTcp.Redis.Connections;

namespace KvTcp.Redis.Cluster;

/// <summary>What a client knows of where keys are, and how it learns more. Thread-safe.</summary>
/// <param name="url">Where to ask at first.</param>
/// <param name="nodes">The connections to ask over.</param>
internal sealed class ClusterView(RedisUrl url, NodeConnections nodes)
{
    private readonly Lock _changes = new();
    private ClusterMap? _map;

    /// <summary>The map; null while no node has told it.</summary>
    public ClusterMap? Map => Volatile.Read(ref _map);

    /// <summary>Asks the nodes that are known, and those of the URL, until one tells the map.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The map, which is known from now on.</returns>
    /// <exception cref="RedisConnectionException">No node can be reached.</exception>
    /// <exception cref="RedisException">The password is wrong, the database does not exist, or what answers is no Redis.</exception>
    public async Task<ClusterMap> DiscoverAsync(CancellationToken cancellationToken)
    {
        RedisConnectionException? failure = null;
        foreach (RedisAddress address in (Map?.Masters ?? []).Concat(url.Addresses).Distinct())
        {
            try
            {
                ClusterMap map = await ClusterDiscovery.AskAsync(await nodes.GetAsync(address, cancellationToken), address, url.UsesTls);
                if (map.IsCluster && url.Database > 0)
                {
                    throw new RedisException($"{address} is a node of a Cluster, which has no database {url.Database}");
                }

                Volatile.Write(ref _map, map);
                return map;
            }
            catch (RedisConnectionException e)
            {
                failure ??= e;
            }
        }

        throw failure!;
    }

    /// <summary>Takes note of slots that have moved.</summary>
    /// <param name="moved">The slots, and their new masters.</param>
    public void Learn(IReadOnlyList<(int Slot, RedisAddress Master)> moved)
    {
        lock (_changes)
        {
            Volatile.Write(ref _map, Map!.With(moved));
        }
    }
}
