namespace KvTcp.Redis;

/// <summary>How a Redis does, as far as a <see cref="RedisReader"/> has seen. Immutable.</summary>
public sealed record RedisHealth
{
    /// <summary>Whether it has answered at all since the start.</summary>
    public bool IsReached { get; init; }

    /// <summary>What keeps it from answering for every key, one line; null when nothing does.</summary>
    public string? Trouble { get; init; }

    /// <summary>The nodes that keys are read from, as far as is known.</summary>
    public IReadOnlyList<RedisAddress> Masters { get; init; } = [];

    /// <summary>How many keys the masters that have answered have, of any type.</summary>
    public long Keys { get; init; }

    /// <summary>Whether every key has a node that has answered lately.</summary>
    public bool IsReady => IsReached && Trouble is null;
}
