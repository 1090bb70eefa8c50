using System.Reflection;
using System.Text.Json;

namespace KvTcp.LoadGen;

/// <summary>The report for programs.</summary>
internal static class JsonReport
{
    /// <summary>The generator's name and version, as reports give it.</summary>
    public static string Generator { get; } =
        $"kvtcp loadgen {typeof(JsonReport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}";

    /// <summary>Makes it.</summary>
    /// <param name="report">What was measured.</param>
    /// <returns>UTF-8 text, with a line feed at its end.</returns>
    public static byte[] Write(LoadReport report) =>
        [.. JsonSerializer.SerializeToUtf8Bytes(Document(report), ReportJson.Default.ReportDocument), (byte)'\n'];

    private static ReportDocument Document(LoadReport report)
    {
        Machine machine = report.Machine;
        return new ReportDocument(
            ReportDocument.CurrentFormat,
            report.Kind,
            Generator,
            report.StartedAt,
            new MachineDocument(
                machine.System, machine.Architecture, machine.Processor, machine.Processors, machine.MemoryBytes, machine.Runtime),
            report.Conclusion,
            report.Capacity,
            [.. report.Runs.Select(Document)]);
    }

    private static RunDocument Document(NamedRun run)
    {
        LoadResult result = run.Result;
        LoadCounts counts = result.Counts;
        return new RunDocument(
            run.Name,
            Document(result.Plan),
            result.StartedAt,
            result.Elapsed.TotalSeconds,
            result.InvalidReason is null,
            result.InvalidReason,
            result.OverloadReason is not null,
            result.OverloadReason,
            Math.Round(result.RequestsPerSecond, 1),
            new CountsDocument(
                counts.Requests,
                counts.Hits,
                counts.Misses,
                counts.Errors,
                counts.Timeouts,
                counts.Lost,
                counts.Mismatches,
                counts.Reconnects,
                counts.Unsent),
            Document(result.Latency),
            result.SendDelay is { } delay ? Document(delay) : null,
            result.GeneratorCpu.TotalSeconds,
            [.. result.Intervals.Select(Document)],
            result.MismatchSamples,
            result.ErrorSamples);
    }

    private static PlanDocument Document(LoadPlan plan) => new(
        PlanText.Server(plan.Server),
        plan.Protocol,
        plan.Tls is not null,
        plan.AuthToken is not null,
        plan.Connections,
        plan.Depth,
        plan.Threads,
        plan.WarmUp.TotalSeconds,
        plan.Count is null ? plan.Duration.TotalSeconds : null,
        plan.Count,
        plan.Rate,
        plan.KeysPerRequest,
        plan.Keys.MissShare,
        plan.Keys.ZipfExponent,
        plan.Verify,
        plan.Timeout.TotalSeconds,
        plan.Seed);

    private static LatencyDocument Document(LatencyHistogram latency)
    {
        double At(double share) => latency.Percentile(share).TotalMicroseconds;
        return new LatencyDocument(
            latency.Count,
            latency.Mean.TotalMicroseconds,
            At(0.5),
            At(0.9),
            At(0.95),
            At(0.99),
            At(0.999),
            At(0.9999),
            latency.Max.TotalMicroseconds,
            [.. latency.Buckets().Select(static bucket => new BucketDocument(bucket.UpTo.TotalMicroseconds, bucket.Count))]);
    }

    private static IntervalDocument Document(LoadInterval second) => new(
        second.Start.TotalSeconds,
        second.Length.TotalSeconds,
        second.Requests,
        second.P50.TotalMicroseconds,
        second.P99.TotalMicroseconds,
        second.Max.TotalMicroseconds);
}
