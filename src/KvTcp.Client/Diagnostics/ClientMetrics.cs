using System.Diagnostics.Metrics;
using KvTcp.Protocol;

namespace KvTcp.Client;

/// <summary>
/// The meter <c>KvTcp.Client</c>. All but the durations are read from the connections when someone asks, and cost a request nothing;
/// docs/client.md has the table.
/// </summary>
internal sealed class ClientMetrics : IDisposable
{
    private readonly ConnectionPool _pool;
    private readonly Meter? _ownMeter;
    private readonly Histogram<double> _durations;

    /// <summary>Makes the instruments.</summary>
    /// <param name="options">May name a factory of meters.</param>
    /// <param name="pool">What is measured.</param>
    /// <param name="monitor">Counts what had no reply.</param>
    public ClientMetrics(KvClientOptions options, ConnectionPool pool, RequestMonitor monitor)
    {
        _pool = pool;
        MeterOptions description = new("KvTcp.Client") { Version = typeof(ClientMetrics).Assembly.GetName().Version?.ToString(3) };
        Meter meter = options.MeterFactory?.Create(description) ?? (_ownMeter = new Meter(description));
        meter.CreateObservableCounter(
            "kvtcp.client.replies", () => Sum(static slot => slot.Counters.Replies), "{reply}", "Replies received");
        meter.CreateObservableCounter(
            "kvtcp.client.refusals", () => Sum(static slot => slot.Counters.Refusals), "{reply}", "Replies that are ERR");
        meter.CreateObservableCounter("kvtcp.client.keys", Keys, "{key}", "Keys of GET and MGET answered, by result");
        meter.CreateObservableCounter("kvtcp.client.timeouts", () => monitor.Timeouts, "{request}", "Requests without a reply in time");
        meter.CreateObservableCounter("kvtcp.client.cancellations", () => monitor.Cancellations, "{request}", "Requests cancelled");
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
    public bool IsTimingRequests => _durations.Enabled;

    /// <summary>Records the time of a request.</summary>
    public void Completed(Command command, TimeSpan duration) =>
        _durations.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("db.operation.name", CommandName.Of(command)));

    /// <inheritdoc/>
    public void Dispose() => _ownMeter?.Dispose();

    private long Sum(Func<ConnectionSlot, long> figure) => _pool.Slots.Sum(figure);

    private Measurement<long>[] Keys() =>
    [
        new(Sum(static slot => slot.Counters.Hits), new KeyValuePair<string, object?>("result", "hit")),
        new(Sum(static slot => slot.Counters.Misses), new KeyValuePair<string, object?>("result", "miss")),
    ];

    private IEnumerable<Measurement<long>> Connections() =>
        _pool.Slots.Select(static slot => slot.Connection?.Server.Text).OfType<string>()
            .CountBy(static server => server, StringComparer.Ordinal)
            .Select(static count => new Measurement<long>(count.Value, new KeyValuePair<string, object?>("server.address", count.Key)));
}
