using System.Diagnostics.Metrics;
using KvTcp.Server.Http;

namespace KvTcp.Server.Metrics;

/// <summary>
/// The metrics of a server, docs/metrics.md, named as OpenTelemetry has it. All but the samples are counters that the server keeps anyway, and that are read when somebody
/// listens. Thread-safe.
/// </summary>
public sealed class ServerMetrics : IDisposable
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "KvTcp.Server";

    /// <summary>For so long one summing-up of all connections serves all metrics.</summary>
    private const long SnapshotMilliseconds = 100;

    // From a microsecond, a GET alone, to the second that a full pipeline may take of a busy machine.
    private static readonly double[] DurationBoundaries =
        [1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 1e-1, 2e-1, 5e-1, 1];

    private static readonly long[] BatchBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

    private readonly Meter _meter = new(MeterName, CommandReplies.ServerVersion);
    private readonly ServerLife _life;
    private readonly Lock _lock = new();
    private ServerStats? _stats;
    private long _statsAt;

    /// <summary>Makes the metrics.</summary>
    /// <param name="life">The server that they are of.</param>
    public ServerMetrics(ServerLife life)
    {
        _life = life;
        AddRequests();
        AddConnections();
        AddDataset();
        AddProcess();
        AddEngine();
    }

    /// <summary>The meter.</summary>
    internal Meter Meter => _meter;

    /// <summary>What the HTTP API counts; null when there is none.</summary>
    internal HttpCounters? Http { get; set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _life.Samples.Duration = null;
        _life.Samples.BatchSize = null;
        _life.Samples.HttpDuration = null;
        _meter.Dispose();
    }

    private void AddRequests()
    {
        _meter.CreateObservableCounter("kvtcp.requests", CommandCounts, "{request}", "Requests of the line protocol and of RESP");
        _meter.CreateObservableCounter("kvtcp.keys", KeyCounts, "{key}", "Keys that were looked up, or malformed");
        _meter.CreateObservableCounter("kvtcp.http.requests", HttpCounts, "{request}", "HTTP requests");
        _meter.CreateObservableCounter("kvtcp.network.io", ByteCounts, "By", "Bytes of requests and replies");
        _life.Samples.Duration = _meter.CreateHistogram(
            "kvtcp.request.duration",
            "s",
            $"From the arrival of bytes to the hand-over of the replies to all requests in them, for one read in {RequestSamples.Stride}",
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = DurationBoundaries });
        _life.Samples.HttpDuration = _meter.CreateHistogram(
            "kvtcp.http.request.duration",
            "s",
            $"From an HTTP request's head to the end of its reply, for one request for data in {RequestSamples.Stride}",
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = DurationBoundaries });
        _life.Samples.BatchSize = _meter.CreateHistogram(
            "kvtcp.request.batch_size",
            "{request}",
            $"How many requests arrive together, for one read in {RequestSamples.Stride}",
            tags: null,
            new InstrumentAdvice<long> { HistogramBucketBoundaries = BatchBoundaries });
    }

    private void AddConnections()
    {
        _meter.CreateObservableUpDownCounter(
            "kvtcp.connections.open", () => ByProtocol(Stats.ConnectionsOpen, Http?.Connections.Open), "{connection}", "Connections that are open");
        _meter.CreateObservableCounter(
            "kvtcp.connections.accepted",
            () => ByProtocol(Stats.ConnectionsAccepted, Http?.Connections.Accepted),
            "{connection}",
            "Connections that were accepted");
        _meter.CreateObservableCounter(
            "kvtcp.connections.rejected",
            RejectedConnections,
            "{connection}",
            "Connections that were closed at once, or because TLS failed");
        _meter.CreateObservableCounter(
            "kvtcp.connections.timed_out",
            TimedOutConnections,
            "{connection}",
            "Connections that a deadline has closed");
        _meter.CreateObservableCounter(
            "kvtcp.requests.rejected",
            () => Refused(
                (Refusal.LineTooLong, "line_too_long"),
                (Refusal.TooManyKeys, "too_many_keys"),
                (Refusal.HttpHeadTooLong, "head_too_long"),
                (Refusal.HttpBodyTooLong, "body_too_long"),
                (Refusal.HttpBatchTooLong, "batch_too_long"),
                (Refusal.WrongToken, "wrong_token"),
                (Refusal.HeldOff, "held_off")),
            "{request}",
            "Requests that were refused for a limit or for the token");
        _meter.CreateObservableCounter(
            "kvtcp.rate_limit.waits", () => _life.Refusals.Count(Refusal.RequestRate), "{wait}", "How often a connection had to wait for the rate of its address");
        _meter.CreateObservableGauge(
            "kvtcp.tls.certificate.remaining",
            () => _life.Server?.Tls is TlsCertificates tls ? [new((tls.Expires - DateTime.UtcNow).TotalSeconds)] : Array.Empty<Measurement<double>>(),
            "s",
            "Until the certificate of TLS expires");
    }

    private void AddDataset()
    {
        _meter.CreateObservableCounter("kvtcp.reloads", ReloadCounts, "{reload}", "Reloads and rollbacks");
        _meter.CreateObservableGauge("kvtcp.reload.running", () => Stats.ReloadRunning ? 1 : 0, unit: null, "Whether a reload is under way");
        _meter.CreateObservableGauge("kvtcp.reload.last_duration", () => Stats.ReloadLastSeconds, "s", "How long the last reload or rollback took");
        _meter.CreateObservableGauge(
            "kvtcp.dataset.info",
            () => Stats.DatasetId is string id ? [new(1L, Tag("dataset_id", id))] : Array.Empty<Measurement<long>>(),
            unit: null,
            "The dataset that is served");
        _meter.CreateObservableGauge("kvtcp.dataset.keys", () => Stats.DatasetKeys, "{key}", "Keys of the dataset that is served");
        _meter.CreateObservableGauge(
            "kvtcp.dataset.age",
            () => _life.Datasets.Current?.Age.TotalSeconds ?? 0,
            "s",
            "For how long the dataset has been loaded");
        _meter.CreateObservableGauge("kvtcp.dataset.load_duration", () => Stats.DatasetLoadSeconds, "s", "How long its load took");
        _meter.CreateObservableGauge("kvtcp.dataset.size", DatasetSizes, "By", "Parts of the dataset, wherever they lie");
    }

    private void AddEngine()
    {
        _meter.CreateObservableGauge("kvtcp.engine.nodes", () => Stats.EngineNodes, "{node}", "Nodes that the keys are with, as far as is known");
        _meter.CreateObservableCounter("kvtcp.cache.keys", CacheCounts, "{key}", "Keys that were looked for in the cache");
        _meter.CreateObservableGauge("kvtcp.cache.entries", () => Stats.CacheEntries, "{entry}", "Answers that the cache holds");
        _meter.CreateObservableGauge("kvtcp.cache.size", () => Stats.CacheBytes, "By", "Memory that they take, about");
        _meter.CreateObservableCounter("kvtcp.cache.evictions", () => Stats.CacheEvictions, "{entry}", "Answers that were given up for others");
    }

    private void AddProcess()
    {
        _meter.CreateObservableGauge("kvtcp.memory", Memory, "By", "Memory by kind; mapped is that of a snapshot's file, in the page cache, anonymous that of no file");
        _meter.CreateObservableGauge("kvtcp.uptime", () => Stats.UptimeSeconds, "s", "For how long the server has run");
        _meter.CreateObservableGauge("kvtcp.ready", () => IsReady ? 1 : 0, unit: null, "Whether requests for keys are answered");
    }

    private bool IsReady => _life.Server is not null && !_life.IsDraining && _life.Trouble is null;

    private ServerStats Stats
    {
        get
        {
            lock (_lock)
            {
                if (_stats is null || Environment.TickCount64 - _statsAt > SnapshotMilliseconds)
                {
                    _stats = _life.Stats();
                    _statsAt = Environment.TickCount64;
                }

                return _stats;
            }
        }
    }

    private IEnumerable<Measurement<long>> CommandCounts() =>
        _life.Samples.Commands.ByName(Stats.Requests).SelectMany(static command => new Measurement<long>[]
        {
            new(command.Answered, Tag("command", command.Name), Tag("outcome", "ok")),
            new(command.Refused, Tag("command", command.Name), Tag("outcome", "error")),
        });

    private IEnumerable<Measurement<long>> KeyCounts()
    {
        ServerStats stats = Stats;
        yield return new(stats.KeyHits, Tag("protocol", "tcp"), Tag("outcome", "hit"));
        yield return new(stats.KeyMisses, Tag("protocol", "tcp"), Tag("outcome", "miss"));
        yield return new(stats.KeyErrors, Tag("protocol", "tcp"), Tag("outcome", "malformed"));
        yield return new(stats.KeyFailures, Tag("protocol", "tcp"), Tag("outcome", "failed"));
        if (Http is HttpCounters http)
        {
            yield return new(http.KeyHits.Value, Tag("protocol", "http"), Tag("outcome", "hit"));
            yield return new(http.KeyMisses.Value, Tag("protocol", "http"), Tag("outcome", "miss"));
            yield return new(http.KeyErrors.Value, Tag("protocol", "http"), Tag("outcome", "malformed"));
            yield return new(http.KeyFailures.Value, Tag("protocol", "http"), Tag("outcome", "failed"));
        }
    }

    private IEnumerable<Measurement<long>> RejectedConnections() => RefusedByProtocol(
        [(Refusal.ConnectionLimit, "limit"), (Refusal.AddressLimit, "address_limit"), (Refusal.Handshake, "tls_handshake")],
        [(Refusal.HttpConnectionLimit, "limit"), (Refusal.HttpAddressLimit, "address_limit")]);

    private IEnumerable<Measurement<long>> TimedOutConnections() => RefusedByProtocol(
        [
            (Refusal.FirstRequestTimeout, "first_request"),
            (Refusal.IdleTimeout, "idle"),
            (Refusal.UnreadReplyTimeout, "unread_reply"),
            (Refusal.OldDatasetTimeout, "old_dataset"),
        ],
        [
            (Refusal.HttpHeadTimeout, "first_request"),
            (Refusal.HttpIdleTimeout, "idle"),
            (Refusal.HttpBodyTimeout, "request_body"),
            (Refusal.HttpUnreadReplyTimeout, "unread_reply"),
        ]);

    private IEnumerable<Measurement<long>> RefusedByProtocol((Refusal Refusal, string Reason)[] tcp, (Refusal Refusal, string Reason)[] http) =>
    [
        .. Refused(tcp).Select(static one => new Measurement<long>(one.Value, [Tag("protocol", "tcp"), .. one.Tags])),
        .. Http is null ? [] : Refused(http).Select(static one => new Measurement<long>(one.Value, [Tag("protocol", "http"), .. one.Tags])),
    ];

    private Measurement<long>[] Refused(params (Refusal Refusal, string Reason)[] reasons) =>
        [.. reasons.Select(one => new Measurement<long>(_life.Refusals.Count(one.Refusal), Tag("reason", one.Reason)))];

    private IEnumerable<Measurement<long>> CacheCounts() =>
    [
        new(Stats.CacheHits, Tag("outcome", "hit")),
        new(Stats.CacheMisses, Tag("outcome", "miss")),
    ];

    private IEnumerable<Measurement<long>> HttpCounts() => (Http?.Requests ?? []).Select(static request => new Measurement<long>(
        request.Count, Tag("http.route", request.Route), Tag("http.response.status_code", request.Status)));

    private IEnumerable<Measurement<long>> ByteCounts() =>
    [
        .. ByProtocol(Stats.BytesReceived, Http?.BytesReceived.Value, Tag("network.io.direction", "receive")),
        .. ByProtocol(Stats.BytesSent, Http?.BytesSent.Value, Tag("network.io.direction", "transmit")),
    ];

    private IEnumerable<Measurement<long>> ReloadCounts() =>
    [
        new(Stats.ReloadsDone, Tag("result", "done")),
        new(Stats.ReloadsRefused, Tag("result", "refused")),
        new(Stats.Rollbacks, Tag("result", "rolled_back")),
    ];

    private IEnumerable<Measurement<long>> DatasetSizes() =>
    [
        new(Stats.DatasetIndexBytes, Tag("part", "index")),
        new(Stats.DatasetRecordBytes, Tag("part", "records")),
        new(Stats.DatasetValueBytes, Tag("part", "values")),
    ];

    private IEnumerable<Measurement<long>> Memory() =>
    [
        new(Stats.DatasetNativeBytes + (_life.Datasets.Previous?.Dataset.Statistics.NativeBytes ?? 0), Tag("kind", "dataset")),
        new(Stats.DatasetMappedBytes, Tag("kind", "mapped")),
        new(Stats.HeapBytes, Tag("kind", "heap")),
        new(Stats.ResidentBytes, Tag("kind", "resident")),

        // "RssAnon:     12345 kB", proc_pid_status(5)
        .. KernelFile.Field("/proc/self/status", "RssAnon:") is long kibibytes ? new Measurement<long>[] { new(kibibytes * 1024, Tag("kind", "anonymous")) } : [],
    ];

    private static IEnumerable<Measurement<long>> ByProtocol(long tcp, long? http, params KeyValuePair<string, object?>[] tags)
    {
        yield return new(tcp, [Tag("protocol", "tcp"), .. tags]);
        if (http is long count)
        {
            yield return new(count, [Tag("protocol", "http"), .. tags]);
        }
    }

    private static KeyValuePair<string, object?> Tag(string name, object value) => new(name, value);
}
