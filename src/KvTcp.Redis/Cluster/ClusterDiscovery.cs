using KvTcp.Redis.Connections;

namespace KvTcp.Redis.Cluster;

/// <summary>Asks a node which master has which slots. Stateless.</summary>
internal static class ClusterDiscovery
{
    /// <summary>Asks, with CLUSTER SHARDS, which Redis has from version 7 on, else with CLUSTER SLOTS.</summary>
    /// <param name="connection">A connection to the node.</param>
    /// <param name="address">The node.</param>
    /// <param name="usesTls">Whether the ports for TLS are wanted.</param>
    /// <exception cref="RedisConnectionException">The connection has ended, or the node is not ready.</exception>
    /// <exception cref="RedisException">It refuses, or what it says cannot be.</exception>
    public static async Task<ClusterMap> AskAsync(RedisConnection connection, RedisAddress address, bool usesTls)
    {
        RedisReply shards = await connection.AskAsync("CLUSTER", "SHARDS");
        if (!shards.IsError)
        {
            return ClusterMap.OfShards(shards, address, usesTls);
        }

        RedisReply slots = IsNoCluster(shards.Text) ? shards : await connection.AskAsync("CLUSTER", "SLOTS");
        if (!slots.IsError)
        {
            return ClusterMap.OfSlots(slots, address);
        }

        if (IsNoCluster(slots.Text) || slots.Text.StartsWith("ERR unknown command", StringComparison.OrdinalIgnoreCase))
        {
            return ClusterMap.Single(address);
        }

        throw ReplyError.Of(slots.Bytes).IsPassing
            ? new RedisConnectionException($"{address} is not ready: {slots.Text}")
            : new RedisException($"{address} refuses: {slots.Text}");
    }

    private static bool IsNoCluster(string error) => error.Contains("cluster support disabled", StringComparison.OrdinalIgnoreCase);
}
