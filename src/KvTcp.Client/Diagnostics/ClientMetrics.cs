using System.Diagnostics.Metrics;
using KvTcp.Protocol;
using Microsoft.Extensions.Logging;

namespace KvTcp.Client;

/// <summary>
/// The meter <c>KvTcp.Client</c>. All but the durations are read from the connections when someone asks, and cost a request nothing;
/// docs/client.md has the table. Once disposed there is nothing to read: a container's meter lives longer than the client.
/// </summary>
internal sealed class ClientMetrics : IDisposable
{
    private readonly RequestMonitor _monitor;
    private readonly ILogger _logger;
    private readonly Meter? _ownMeter;
    private readonly KeyValuePair<string, object?>[] _clientTag;
    private readonly Histogram<double> _durations;
    private volatile ConnectionPool? _pool;
    private volatile bool _isTimingBroken;

    /// <summary>Makes the instruments.</summary>
    /// <param name="options">May name a factory of meters, and the client.</param>
    /// <param name="pool">What is measured.</param>
    /// <param name="monitor">Counts what had no reply.</param>
    /// <param name="logger">Hears of a listener that fails.</param>
    public ClientMetrics(KvClientOptions options, ConnectionPool pool, RequestMonitor monitor, ILogger logger)
    {
        _pool = pool;
        _monitor = monitor;
        _logger = logger;
        _clientTag = options.Name is string name ? [new("client", name)] : [];
        MeterOptions description = new("KvTcp.Client") { Version = typeof(ClientMetrics).Assembly.GetName().Version?.ToString(3) };
        Meter meter = options.MeterFactory?.Create(description) ?? (_ownMeter = new Meter(description));
        meter.CreateObservableCounter("kvtcp.client.replies", () => Sum(static slot => slot.Counters.Replies), "{reply}", "Replies received");
        meter.CreateObservableCounter(
            "kvtcp.client.refusals", () => Sum(static slot => slot.Counters.Refusals), "{reply}", "Replies that are ERR");
        meter.CreateObservableCounter("kvtcp.client.keys", Keys, "{key}", "Keys of GET and MGET answered, by result");
        meter.CreateObservableCounter(
            "kvtcp.client.timeouts", () => Measure(_ => _monitor.Timeouts), "{request}", "Requests without a reply in time");
        meter.CreateObservableCounter(
            "kvtcp.client.cancellations", () => Measure(_ => _monitor.Cancellations), "{request}", "Requests cancelled");
        meter.CreateObservableCounter("kvtcp.client.connects", () => Sum(static slot => slot.Connects), "{connection}", "Connections made");
        meter.CreateObservableCounter(
            "kvtcp.client.failed_connects", () => Sum(static slot => slot.FailedConnects), "{attempt}", "Attempts to connect that failed");
        meter.CreateObservableUpDownCounter("kvtcp.client.connections", Connections, "{connection}", "Connections open, by server");
        meter.CreateObservableUpDownCounter(
            "kvtcp.client.requests_in_flight",
            () => Sum(static slot => slot.Connection?.InFlight ?? 0),
            "{request}",
            "Requests sent and not answered");
        _durations = meter.CreateHistogram<double>("kvtcp.client.request.duration", "s", "From the call to its completion, by command");
    }

    /// <summary>Whether anyone wants to know how long requests take.</summary>
    public bool IsTimingRequests => _durations.Enabled && !_isTimingBroken;

    /// <summary>Records the time of a request. A listener that throws is logged, and not called again: the caller's reply matters more.</summary>
    public void Completed(Command command, TimeSpan duration)
    {
        try
        {
            KeyValuePair<string, object?> operation = new("db.operation.name", CommandName.Of(command));
            if (_clientTag is [var client])
            {
                _durations.Record(duration.TotalSeconds, operation, client);
            }
            else
            {
                _durations.Record(duration.TotalSeconds, operation);
            }
        }
#pragma warning disable CA1031 // Nobody else would catch it, and it would end the process.
        catch (Exception e)
        {
            _isTimingBroken = true;
            ClientLog.ListenerFailed(_logger, e);
        }
#pragma warning restore CA1031
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pool = null;
        _ownMeter?.Dispose();
    }

    private Measurement<long>[] Measure(Func<ConnectionPool, long> figure) =>
        _pool is { } pool ? [new Measurement<long>(figure(pool), _clientTag)] : [];

    private Measurement<long>[] Sum(Func<ConnectionSlot, long> figure) => Measure(pool => pool.Slots.Sum(figure));

    private Measurement<long>[] Keys() => _pool is { } pool
        ?
        [
            new(pool.Slots.Sum(static slot => slot.Counters.Hits), Tags("result", "hit")),
            new(pool.Slots.Sum(static slot => slot.Counters.Misses), Tags("result", "miss")),
        ]
        : [];

    private Measurement<long>[] Connections() =>
    [
        .. (_pool?.Slots ?? []).Select(static slot => slot.Connection?.Server.Text).OfType<string>()
            .CountBy(static server => server, StringComparer.Ordinal)
            .Select(count => new Measurement<long>(count.Value, Tags("server.address", count.Key))),
    ];

    private KeyValuePair<string, object?>[] Tags(string name, string value) => [new(name, value), .. _clientTag];
}
