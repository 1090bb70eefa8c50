namespace KvTcp.Redis;

/// <summary>How a <see cref="RedisClient"/> works. Immutable.</summary>
public sealed record RedisOptions
{
    /// <summary>How long a connection may take to be made, TLS and authentication included. Default: 5 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a node that owes replies may send nothing before it is given up. Default: 10 s.</summary>
    public TimeSpan ReplyTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long requests are sent again that a failed or loading node, a fail-over or a resharding has left without their answer. Default: 1
    /// min, which is more than a Cluster takes to put a replica in place of its master.
    /// </summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The longest value that is accepted, in bytes: a longer one is an error, and never in memory. Default: 16 MiB.</summary>
    public int MaxValueLength { get; init; } = 16 << 20;

    /// <summary>Which nodes a <see cref="RedisReader"/> reads from. Default: masters.</summary>
    public ReadFrom ReadFrom { get; init; }

    /// <summary>Whether a connection counts as made only when the node has answered a PING. Default: no; a <see cref="RedisReader"/> always asks.</summary>
    internal bool ConfirmsConnections { get; init; }
}
