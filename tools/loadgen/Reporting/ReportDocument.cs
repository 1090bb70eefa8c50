using System.Text.Json;
using System.Text.Json.Serialization;

namespace KvTcp.LoadGen;

// The JSON that --json writes. docs/loadgen.md describes every field, and a test compares. A change that takes a field away or gives
// it another meaning raises the format.

/// <summary>A report.</summary>
internal sealed record ReportDocument(
    int Format,
    ReportKind Kind,
    string Generator,
    DateTimeOffset StartedAt,
    MachineDocument Machine,
    string? Conclusion,
    double? CapacityPerSecond,
    IReadOnlyList<RunDocument> Runs)
{
    public const int CurrentFormat = 1;
}

/// <summary>The machine that the generator ran on.</summary>
internal sealed record MachineDocument(
    string System, string Architecture, string Processor, int Processors, long MemoryBytes, string Runtime);

/// <summary>A run.</summary>
internal sealed record RunDocument(
    string Name,
    PlanDocument Plan,
    DateTimeOffset StartedAt,
    double ElapsedSeconds,
    bool Valid,
    string? InvalidReason,
    bool Overloaded,
    string? OverloadReason,
    double RequestsPerSecond,
    CountsDocument Counts,
    LatencyDocument LatencyMicroseconds,
    LatencyDocument? SendDelayMicroseconds,
    double GeneratorCpuSeconds,
    IReadOnlyList<IntervalDocument> Intervals,
    IReadOnlyList<string> MismatchSamples,
    IReadOnlyList<string> ErrorSamples);

/// <summary>What was run.</summary>
internal sealed record PlanDocument(
    string Server,
    WireProtocol Protocol,
    bool Tls,
    bool Auth,
    int Connections,
    int Depth,
    int Threads,
    double WarmUpSeconds,
    double? DurationSeconds,
    long? Count,
    double? Rate,
    int KeysPerRequest,
    double MissShare,
    double? Zipf,
    bool Verify,
    double TimeoutSeconds,
    int Seed);

/// <summary>What became of the requests.</summary>
internal sealed record CountsDocument(
    long Requests, long Hits, long Misses, long Errors, long Timeouts, long Lost, long Mismatches, long Reconnects, long Unsent);

/// <summary>Latencies, all in microseconds.</summary>
internal sealed record LatencyDocument(
    long Count,
    double Mean,
    double P50,
    double P90,
    double P95,
    double P99,
    [property: JsonPropertyName("p99.9")] double P999,
    [property: JsonPropertyName("p99.99")] double P9999,
    double Max,
    IReadOnlyList<BucketDocument> Histogram);

/// <summary>Latencies that are at most so long, and longer than the bucket before allows.</summary>
internal sealed record BucketDocument(double UpTo, long Count);

/// <summary>A second.</summary>
internal sealed record IntervalDocument(
    double StartSeconds, double LengthSeconds, long Requests, double P50Microseconds, double P99Microseconds, double MaxMicroseconds);

/// <summary>Writes a choice as the command line has it: <c>line</c>, <c>rate-sweep</c>.</summary>
/// <typeparam name="T">The choices.</typeparam>
internal sealed class WordConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.KebabCaseLower)
    where T : struct, Enum;

/// <summary>Writes and reads the documents, with code made at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters = [typeof(WordConverter<ReportKind>), typeof(WordConverter<WireProtocol>)],
    WriteIndented = true)]
[JsonSerializable(typeof(ReportDocument))]
internal sealed partial class ReportJson : JsonSerializerContext;
