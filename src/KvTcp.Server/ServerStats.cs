using KvTcp.Server.Engine;
using KvTcp.Store;

namespace KvTcp.Server;

/// <summary>
/// What a server tells of itself at one moment, in the order and with the names of docs/protocol.md#stats. STATS, /v1/stats and the
/// metrics all read it. Immutable; null where there is nothing to tell.
/// </summary>
internal sealed record ServerStats
{
    public required string Version { get; init; }

    public required long UptimeSeconds { get; init; }

    public string? Transport { get; init; }

    public int TransportLoops { get; init; }

    public string? TransportReason { get; init; }

    public long TransportBusyPolls { get; init; }

    public long TransportBusyPollHits { get; init; }

    public string? DatasetId { get; init; }

    public long DatasetKeys { get; init; }

    public string? DatasetSource { get; init; }

    public DateTimeOffset? DatasetLoadedAt { get; init; }

    public double DatasetLoadSeconds { get; init; }

    public long DatasetDuplicateLines { get; init; }

    public long DatasetBadLines { get; init; }

    public long DatasetIndexBytes { get; init; }

    public long DatasetRecordBytes { get; init; }

    public long DatasetValueBytes { get; init; }

    public long DatasetNativeBytes { get; init; }

    public long DatasetMappedBytes { get; init; }

    public int DatasetLongestProbe { get; init; }

    public string? DatasetPreviousId { get; init; }

    public string? Engine { get; init; }

    public bool EngineReady { get; init; }

    public string? EngineTrouble { get; init; }

    public int EngineNodes { get; init; }

    public long CacheSizeBytes { get; init; }

    public long CacheBytes { get; init; }

    public long CacheEntries { get; init; }

    public long CacheHits { get; init; }

    public long CacheMisses { get; init; }

    public double CacheHitRate { get; init; }

    public long CacheEvictions { get; init; }

    public long HeapBytes { get; init; }

    public long ResidentBytes { get; init; }

    public bool ReloadRunning { get; init; }

    public string? ReloadLastResult { get; init; }

    public string? ReloadLastReason { get; init; }

    public DateTimeOffset? ReloadLastAt { get; init; }

    public double ReloadLastSeconds { get; init; }

    public long ReloadsDone { get; init; }

    public long ReloadsRefused { get; init; }

    public long Rollbacks { get; init; }

    public long ConnectionsOpen { get; init; }

    public long ConnectionsAccepted { get; init; }

    public long ConnectionsRejected { get; init; }

    public long ConnectionsRejectedByAddress { get; init; }

    public long ConnectionsTimedOut { get; init; }

    public long TlsHandshakesFailed { get; init; }

    public long WrongTokens { get; init; }

    public long HeldOffTokens { get; init; }

    public long LongLines { get; init; }

    public long RateWaits { get; init; }

    public long Requests { get; init; }

    public long KeyHits { get; init; }

    public long KeyMisses { get; init; }

    public long KeyFailures { get; init; }

    public long KeyErrors { get; init; }

    public long RequestErrors { get; init; }

    public long BytesReceived { get; init; }

    public long BytesSent { get; init; }

    /// <summary>Gathers it.</summary>
    /// <param name="served">The dataset; null while nothing is loaded.</param>
    /// <param name="datasets">Where that is from.</param>
    /// <param name="reloader">The reloads; null for a server that never reloads.</param>
    /// <param name="engine">What answers instead of a dataset; null for a server that has datasets.</param>
    /// <param name="connections">The connections; null before there can be any.</param>
    /// <param name="refusals">The clients that were turned away.</param>
    /// <param name="transport">What carries them; null before there can be any.</param>
    /// <param name="uptime">How long the server has listened.</param>
    public static ServerStats Read(
        ServedDataset? served,
        DatasetHolder datasets,
        Reloader? reloader,
        RedisEngine? engine,
        ConnectionRegistry? connections,
        Refusals refusals,
        ServerTransport? transport,
        TimeSpan uptime)
    {
        DatasetStatistics? statistics = served?.Dataset.Statistics;
        ReloadState? reloads = reloader?.State;
        ConnectionCounters counters = connections?.Sum() ?? new ConnectionCounters();
        (long accepted, long rejected, long timedOut) = connections?.Totals ?? default;
        CacheFigures cache = engine?.Cache?.Figures ?? default;
        (long polls, long hits) = transport?.BusyPolls ?? default;
        return new ServerStats
        {
            Version = CommandReplies.ServerVersion,
            UptimeSeconds = (long)uptime.TotalSeconds,
            Transport = transport?.Name,
            TransportLoops = transport?.LoopCount ?? 0,
            TransportReason = transport?.Reason,
            TransportBusyPolls = polls,
            TransportBusyPollHits = hits,
            DatasetId = served?.Dataset.Id.ToString(),
            DatasetKeys = engine?.Health.Keys ?? served?.Dataset.Count ?? 0,
            DatasetSource = engine?.Name ?? served?.Source,
            DatasetLoadedAt = served?.LoadedAt,
            DatasetLoadSeconds = Seconds(served?.Report.Duration),
            DatasetDuplicateLines = served?.Report.Duplicates ?? 0,
            DatasetBadLines = served?.Report.BadLines ?? 0,
            DatasetIndexBytes = statistics?.IndexBytes ?? 0,
            DatasetRecordBytes = statistics?.RecordBytes ?? 0,
            DatasetValueBytes = statistics?.ValueBytes ?? 0,
            DatasetNativeBytes = statistics?.NativeBytes ?? 0,
            DatasetMappedBytes = statistics?.MappedBytes ?? 0,
            DatasetLongestProbe = statistics?.LongestProbe ?? 0,
            DatasetPreviousId = datasets.Previous?.Dataset.Id.ToString(),
            Engine = engine?.Name,
            EngineReady = engine is { Trouble: null },
            EngineTrouble = engine?.Trouble,
            EngineNodes = engine?.Health.Masters.Count ?? 0,
            CacheSizeBytes = engine?.Cache?.Size ?? 0,
            CacheBytes = cache.Bytes,
            CacheEntries = cache.Entries,
            CacheHits = cache.Hits,
            CacheMisses = cache.Misses,
            CacheHitRate = Math.Round(cache.Hits / Math.Max(1.0, cache.Hits + cache.Misses), 3),
            CacheEvictions = cache.Evictions,
            HeapBytes = GC.GetTotalMemory(forceFullCollection: false),
            ResidentBytes = Environment.WorkingSet,
            ReloadRunning = reloads?.IsRunning == true,
            ReloadLastResult = reloads?.Last is ReloadOutcome last ? ReloadState.Word(last.Result) : null,
            ReloadLastReason = reloads?.Last?.Reason,
            ReloadLastAt = reloads?.LastAt,
            ReloadLastSeconds = Seconds(reloads?.LastDuration),
            ReloadsDone = reloads?.Done ?? 0,
            ReloadsRefused = reloads?.Refused ?? 0,
            Rollbacks = reloads?.RolledBack ?? 0,
            ConnectionsOpen = connections?.Open ?? 0,
            ConnectionsAccepted = accepted,
            ConnectionsRejected = rejected,
            ConnectionsRejectedByAddress = refusals.Count(Refusal.AddressLimit),
            ConnectionsTimedOut = timedOut,
            TlsHandshakesFailed = refusals.Count(Refusal.Handshake),
            WrongTokens = refusals.Count(Refusal.WrongToken),
            HeldOffTokens = refusals.Count(Refusal.HeldOff),
            LongLines = refusals.Count(Refusal.LineTooLong),
            RateWaits = refusals.Count(Refusal.RequestRate),
            Requests = counters.Requests,
            KeyHits = counters.KeyHits,
            KeyMisses = counters.KeyMisses,
            KeyFailures = counters.KeyFailures,
            KeyErrors = counters.KeyErrors,
            RequestErrors = counters.RequestErrors,
            BytesReceived = counters.BytesReceived,
            BytesSent = counters.BytesSent,
        };
    }

    private static double Seconds(TimeSpan? duration) => Math.Round((duration ?? default).TotalSeconds, 3);
}
