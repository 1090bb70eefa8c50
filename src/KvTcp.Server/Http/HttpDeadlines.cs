using System.Diagnostics.Metrics;

namespace KvTcp.Server.Http;

/// <summary>Counts the connections that Kestrel has ended by a deadline. It tells that to its metrics only, without the client's address. Thread-safe.</summary>
internal sealed class HttpDeadlines : IDisposable
{
    private readonly MeterListener _listener = new();

    /// <summary>Begins to listen.</summary>
    /// <param name="meters">Whose meters: those of the application.</param>
    /// <param name="refusals">Where to count.</param>
    public HttpDeadlines(IMeterFactory meters, Refusals refusals)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name is "kestrel.connection.duration" && ReferenceEquals(instrument.Meter.Scope, meters))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            if (Reason(tags) is Refusal reason)
            {
                refusals.Note(reason, client: null);
            }
        });
        _listener.Start();
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    /// <summary>Which deadline: https://learn.microsoft.com/aspnet/core/log-mon/metrics/built-in has the words of <c>error.type</c>.</summary>
    private static Refusal? Reason(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach ((string name, object? value) in tags)
        {
            if (name is "error.type")
            {
                return value switch
                {
                    "request_headers_timeout" => Refusal.HttpHeadTimeout,
                    "keep_alive_timeout" => Refusal.HttpIdleTimeout,
                    "min_request_body_data_rate" => Refusal.HttpBodyTimeout,
                    _ => null,
                };
            }
        }

        return null;
    }
}
