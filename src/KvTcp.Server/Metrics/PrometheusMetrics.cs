using System.Diagnostics.Metrics;
using System.Globalization;

namespace KvTcp.Server.Metrics;

/// <summary>Listens to one meter and writes what it tells as Prometheus reads it. Thread-safe.</summary>
internal sealed class PrometheusMetrics : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);

    /// <summary>Starts to listen.</summary>
    /// <param name="meter">To this meter, whose instruments are there already.</param>
    public PrometheusMetrics(Meter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == meter)
            {
                MetricFamily family = new(instrument);
                _families.Add(family.Name, family);
                listener.EnableMeasurementEvents(instrument, family);
            }
        };
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.Start();
    }

    /// <summary>Asks for all values, and writes them.</summary>
    /// <returns>The text.</returns>
    public string Write()
    {
        // Two scrapes at once would put their values into the same lists.
        lock (_lock)
        {
            foreach (MetricFamily family in _families.Values)
            {
                family.Forget();
            }

            _listener.RecordObservableInstruments();
            StringWriter text = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
            foreach (MetricFamily family in _families.Values)
            {
                family.Write(text);
            }

            return text.ToString();
        }
    }

    /// <summary>What a histogram has counted.</summary>
    /// <param name="name">Its name, as Prometheus has it.</param>
    /// <exception cref="KeyNotFoundException">The meter has no such histogram.</exception>
    public HistogramCounts Histogram(string name) => _families[name].Counts();

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();
}
