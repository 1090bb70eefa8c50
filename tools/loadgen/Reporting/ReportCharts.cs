namespace KvTcp.LoadGen;

/// <summary>The charts of a report.</summary>
internal static class ReportCharts
{
    /// <summary>Points a nine of the latency spectrum: enough for a smooth line.</summary>
    private const int PointsPerNine = 16;

    // The stub of a second that a longer run ends with says little about a second, and would look like a collapse.
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(0.5);

    private static readonly (string Name, double Share)[] LoadPercentiles = [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)];

    /// <summary>The charts that say something about a kind of report, the most telling first.</summary>
    /// <param name="report">The report.</param>
    public static IReadOnlyList<LineChart> Of(LoadReport report) => report.Kind switch
    {
        ReportKind.RateSweep => [LatencyAgainstLoad(report.Runs), AnsweredAgainstDue(report.Runs), Spectrum(report.Runs)],
        ReportKind.DepthSweep => [LatencyAgainstLoad(report.Runs), ThroughputAgainstDepth(report.Runs), Spectrum(report.Runs)],
        _ => [Spectrum(report.Runs), ThroughputOverTime(report), LatencyOverTime(report)],
    };

    private static LineChart Spectrum(IReadOnlyList<NamedRun> runs) => LatencyChart(
        "Latency spectrum",
        "share of requests answered within that time",
        runs.Select(static run => new ChartSeries(run.Name, SpectrumPoints(run.Result.Latency)))) with
    {
        XScale = AxisScale.Nines,
    };

    /// <summary>Up to the nines that the number of requests can show: of a thousand, the longest alone is beyond 99.9%.</summary>
    private static (double X, double Y)[] SpectrumPoints(LatencyHistogram latency)
    {
        if (latency.Count == 0)
        {
            return [];
        }

        int points = (int)(Math.Log10(latency.Count) * PointsPerNine) + 1;
        return
        [
            .. Enumerable.Range(0, points).Select(static point => 1 - Math.Pow(10, -(double)point / PointsPerNine))
                .Select(share => (share, latency.Percentile(share).TotalMicroseconds)),
            (1 - (0.5 / latency.Count), latency.Max.TotalMicroseconds),
        ];
    }

    private static LineChart ThroughputOverTime(LoadReport report) => new()
    {
        Title = "Throughput over time",
        XLabel = "time, s",
        YLabel = "requests/s",
        Series = [.. report.Runs.Select(run => new ChartSeries(run.Name, OverTime(run, report, static second => second.RequestsPerSecond)))],
    };

    private static LineChart LatencyOverTime(LoadReport report) => LatencyChart(
        "Latency over time",
        "time, s",
        [
            LatencyOverTime("p50", report, static second => second.P50),
            LatencyOverTime("p99", report, static second => second.P99),
            LatencyOverTime("longest", report, static second => second.Max),
        ]);

    // What has no place breaks a line, as between two phases.
    private static ChartSeries LatencyOverTime(string name, LoadReport report, Func<LoadInterval, TimeSpan> value) => new(
        name,
        [
            .. report.Runs.SelectMany(run =>
                ((double, double)[])[.. OverTime(run, report, second => value(second).TotalMicroseconds), (double.NaN, double.NaN)]),
        ]);

    /// <summary>A point for each second, in its middle; time begins with the first run.</summary>
    private static (double X, double Y)[] OverTime(NamedRun run, LoadReport report, Func<LoadInterval, double> value)
    {
        TimeSpan start = run.Result.StartedAt - report.StartedAt;
        TimeSpan shortest = run.Result.Elapsed < ShortestInterval ? run.Result.Elapsed : ShortestInterval;
        return
        [
            .. run.Result.Intervals.Where(second => second.Length >= shortest)
                .Select(second => ((start + second.Start + (second.Length / 2)).TotalSeconds, value(second))),
        ];
    }

    private static LineChart LatencyAgainstLoad(IReadOnlyList<NamedRun> runs) => LatencyChart(
        "Latency against load",
        "requests/s answered",
        LoadPercentiles.Select(percentile => new ChartSeries(
            percentile.Name,
            [
                .. runs.Select(static run => run.Result)
                    .Select(result => (result.RequestsPerSecond, result.Latency.Percentile(percentile.Share).TotalMicroseconds)),
            ])));

    private static LineChart AnsweredAgainstDue(IReadOnlyList<NamedRun> runs) => new()
    {
        Title = "Answered against due",
        XLabel = "requests/s due",
        YLabel = "requests/s",
        Series =
        [
            new ChartSeries("due", [.. runs.Select(static run => (run.Result.Plan.Rate!.Value, run.Result.Plan.Rate!.Value))]),
            new ChartSeries("answered", [.. runs.Select(static run => (run.Result.Plan.Rate!.Value, run.Result.RequestsPerSecond))]),
        ],
    };

    private static LineChart ThroughputAgainstDepth(IReadOnlyList<NamedRun> runs) => new()
    {
        Title = "Throughput against pipeline depth",
        XLabel = "requests in flight on a connection",
        YLabel = "requests/s",
        XScale = AxisScale.Logarithmic,
        Series = [new ChartSeries("", [.. runs.Select(static run => ((double)run.Result.Plan.Depth, run.Result.RequestsPerSecond))])],
    };

    // Latencies span from microseconds to seconds, and a factor is what matters.
    private static LineChart LatencyChart(string title, string xLabel, IEnumerable<ChartSeries> series) => new()
    {
        Title = title,
        XLabel = xLabel,
        YLabel = "latency",
        YScale = AxisScale.Logarithmic,
        YText = FigureText.Latency,
        Series = [.. series],
    };
}
