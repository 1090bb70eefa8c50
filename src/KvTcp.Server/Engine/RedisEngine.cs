using KvTcp.Redis;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.ObjectPool;

namespace KvTcp.Server.Engine;

/// <summary>The Redis, Valkey or Garnet, single or Cluster, that a server answers from instead of a dataset of its own. Thread-safe.</summary>
public sealed class RedisEngine : IAsyncDisposable
{
    /// <summary>How many objects are kept that as many connections need while they wait: 3 KB each, or up to 55 KB when they have had many keys at once.</summary>
    private const int MaxSpare = 256;

    private readonly RedisReader _reader;
    private readonly ObjectPool<EngineRequests> _requests;
    private readonly ObjectPool<LookupBatch> _batches;
    private readonly ILogger _logger;

    /// <summary>Begins to connect, and goes on trying for as long as it lives.</summary>
    /// <param name="options">Which engine, and how.</param>
    /// <param name="loggers">Where it logs that the engine comes and goes.</param>
    public RedisEngine(EngineOptions options, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        _logger = loggers.CreateLogger<RedisEngine>();
        Cache = options.CacheSize > 0 ? new ValueCache(options.CacheSize, options.CacheTtl) : null;
        _requests = new DefaultObjectPool<EngineRequests>(new RequestsPolicy(this), MaxSpare);
        _batches = new DefaultObjectPool<LookupBatch>(new BatchPolicy(), MaxSpare);
        RedisOptions redis = new()
        {
            ConnectTimeout = options.Timeout,
            ReplyTimeout = options.Timeout,
            MaxValueLength = options.MaxValueLength,
            ReadFrom = options.ReadFrom,
        };
        ServerLog.Engine(_logger, Name);
        _reader = new RedisReader(options.Url, redis, OnChange);
    }

    /// <summary>How it is asked.</summary>
    internal EngineOptions Options { get; }

    /// <summary>Its addresses, without user and password.</summary>
    internal string Name => Options.Url.ToString();

    /// <summary>The cache; null for none.</summary>
    internal ValueCache? Cache { get; }

    /// <summary>How it does.</summary>
    internal RedisHealth Health => _reader.Health;

    /// <summary>Why it cannot be asked for every key, one line; null when it can.</summary>
    internal string? Trouble => Health is { IsReady: false } health ? EngineFailure.OneLine(health.Trouble ?? "it has not been reached yet") : null;

    /// <summary>Closes its connections.</summary>
    public ValueTask DisposeAsync() => _reader.DisposeAsync();

    /// <inheritdoc cref="RedisReader.ReadAsync"/>
    internal Task<bool> ReadAsync(EngineRequests requests, CancellationToken limit) => _reader.ReadAsync(requests, limit);

    /// <summary>Requests that nobody uses.</summary>
    internal EngineRequests RentRequests() => _requests.Get();

    /// <summary>Gives requests back to which no reply can come any more.</summary>
    internal void Return(EngineRequests requests) => _requests.Return(requests);

    /// <summary>An empty batch.</summary>
    internal LookupBatch RentBatch() => _batches.Get();

    /// <summary>Gives a batch back, whatever is in it.</summary>
    internal void Return(LookupBatch batch) => _batches.Return(batch);

    private void OnChange(RedisHealth health)
    {
        if (health.IsReady)
        {
            ServerLog.EngineReady(_logger, Name, health.Masters.Count, health.Keys);
        }
        else
        {
            ServerLog.EngineTrouble(_logger, Name, EngineFailure.OneLine(health.Trouble ?? ""));
        }
    }

    private sealed class RequestsPolicy(RedisEngine engine) : PooledObjectPolicy<EngineRequests>
    {
        public override EngineRequests Create() => new(engine);

        public override bool Return(EngineRequests obj)
        {
            obj.Forget();
            return true;
        }
    }

    private sealed class BatchPolicy : PooledObjectPolicy<LookupBatch>
    {
        public override LookupBatch Create() => LookupBatch.ForEngine();

        public override bool Return(LookupBatch obj)
        {
            obj.Clear();
            return true;
        }
    }
}
