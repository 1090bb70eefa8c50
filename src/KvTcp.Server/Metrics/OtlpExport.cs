using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace KvTcp.Server.Metrics;

/// <summary>Sends the metrics of this process to a collector, once a minute and when it is disposed. Thread-safe.</summary>
public sealed class OtlpExport : IDisposable
{
    private const string Path = "v1/metrics";

    private readonly MeterProvider _provider;

    /// <summary>Starts to send, as protobuf over HTTP. A collector that cannot be reached costs nothing but the figures of that minute.</summary>
    /// <param name="collector">The collector, such as http://127.0.0.1:4318; <c>v1/metrics</c> is appended.</param>
    public OtlpExport(Uri collector)
    {
        Uri endpoint = new(collector.AbsoluteUri.TrimEnd('/') + "/" + Path);
        _provider = Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(static resource => resource.AddService("kvtcp", serviceVersion: CommandReplies.ServerVersion))
            .AddMeter(ServerMetrics.MeterName)
            .AddOtlpExporter(otlp =>
            {
                otlp.Protocol = OtlpExportProtocol.HttpProtobuf;
                otlp.Endpoint = endpoint;
            })
            .Build();
    }

    /// <summary>Sends the last figures.</summary>
    public void Dispose() => _provider.Dispose();
}
