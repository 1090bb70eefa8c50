using System.Net;
using System.Net.Sockets;
using KvTcp.LoadGen;

namespace KvTcp.Tests.LoadGen.Reporting;

/// <summary>Reports as runs leave them, without a run.</summary>
internal static class SampleReport
{
    /// <summary>What servers and users may write: markup of every kind, terminal escapes, what no encoding holds.</summary>
    public const string Hostile = "<script>alert(1)</script>&\"'</style>]]>-->[red]\u001b[31m\r\n\0\ud800\u0085";

    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 30, 0, TimeSpan.Zero);

    public static Machine Machine { get; } = new("Linux 6.1", "x64", "A processor at 3 GHz", 2, 4L << 30, ".NET 10.0.0");

    /// <summary>A report of one run.</summary>
    public static LoadReport Of(LoadResult result) => new() { Kind = ReportKind.Run, Runs = [new NamedRun("", result)], Machine = Machine };

    /// <summary>A report of several.</summary>
    public static LoadReport Of(ReportKind kind, params IReadOnlyList<NamedRun> runs) => new() { Kind = kind, Runs = runs, Machine = Machine };

    /// <summary>A run of ten seconds: 100,000 requests with latencies from 50 us to some 30 ms.</summary>
    public static LoadResult Run(LoadPlan? plan = null, int start = 0)
    {
        LatencyHistogram latency = new();
        Random random = new(1 + start);
        for (int request = 0; request < 100_000; request++)
        {
            latency.Record(TimeSpan.FromMicroseconds(50 + (12 / Math.Sqrt(1 - random.NextDouble()))));
        }

        return new LoadResult
        {
            Plan = plan ?? Plan,
            StartedAt = Start.AddSeconds(start),
            Elapsed = TimeSpan.FromSeconds(10),
            Counts = new LoadCounts(100_000, 90_000, 10_000, 0, 0, 0, 0),
            Latency = latency,
            Intervals = [.. Enumerable.Range(0, 10).Select(second => Second(second, 10_000 + random.Next(-900, 900)))],
            GeneratorCpu = TimeSpan.FromSeconds(4.2),
            SendDelay = null,
            InvalidReason = null,
            MismatchSamples = [],
        };
    }

    public static LoadPlan Plan { get; } = new() { Server = new IPEndPoint(IPAddress.Loopback, 7878), Depth = 16 };

    /// <summary>A run that ended before it measured anything.</summary>
    public static LoadResult Empty() => Run() with
    {
        Elapsed = TimeSpan.Zero,
        Counts = default,
        Latency = new LatencyHistogram(),
        Intervals = [],
        GeneratorCpu = TimeSpan.Zero,
        InvalidReason = "it ended before it measured",
    };

    /// <summary>A valid run at a rate that the server did not keep up with: a quarter of its requests has no latency.</summary>
    public static LoadResult Overloaded() => Run(Plan with { Rate = 80 }) with
    {
        Counts = new LoadCounts(600, 600, 0, 0, Timeouts: 20, Lost: 30, 0, Reconnects: 3, Unsent: 150),
        SendDelay = new LatencyHistogram(),
    };

    /// <summary>A run in which all went wrong, with hostile text wherever text comes from outside.</summary>
    public static LoadResult Worst() => Run(Plan with { Server = new UnixDomainSocketEndPoint("/tmp/<script>alert(1)</script>&[red]\u001b[31m"), Verify = true }) with
    {
        Counts = new LoadCounts(9, 1, 2, 3, 4, 5, 6, 7, 8),
        SendDelay = new LatencyHistogram(),
        InvalidReason = $"reason {Hostile}",
        MismatchSamples = [$"sample {Hostile}"],
        ErrorSamples = [$"error {Hostile}"],
    };

    private static LoadInterval Second(int number, long requests) => new(
        TimeSpan.FromSeconds(number),
        TimeSpan.FromSeconds(1),
        requests,
        TimeSpan.FromMicroseconds(67),
        TimeSpan.FromMicroseconds(170 + (7 * number)),
        TimeSpan.FromMilliseconds(3 + (number % 4 * 9)));
}
