using KvTcp.Redis;

namespace KvTcp.Server.Engine;

/// <summary>Which engine a server answers from, and how. Immutable.</summary>
/// <param name="Url">The Redis, Valkey or Garnet.</param>
public sealed record EngineOptions(RedisUrl Url)
{
    /// <summary>Which nodes of a Cluster values are read from. Default: masters.</summary>
    public ReadFrom ReadFrom { get; init; }

    /// <summary>
    /// How long the keys of one read may wait for the engine before those without an answer get an error, and how long a node may owe replies
    /// and send nothing, or take to be connected to. Default: 1 s.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest value that is answered with, in bytes. Default: 1 MiB.</summary>
    public int MaxValueLength { get; init; } = 1 << 20;

    /// <summary>How much memory the cache may take, in bytes. Default: 0, which is no cache.</summary>
    public long CacheSize { get; init; }

    /// <summary>How long a cached answer is given, and how old an answer may therefore be. Default: 10 s.</summary>
    public TimeSpan CacheTtl { get; init; } = TimeSpan.FromSeconds(10);
}
