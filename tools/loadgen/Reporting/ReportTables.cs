namespace KvTcp.LoadGen;

/// <summary>The tables that the terminal and the page show: what became of the requests, how long they took, how the load was made.</summary>
internal static class ReportTables
{
    // What is rare is shown when there was any: the table fits a terminal of 80 columns otherwise.
    private static readonly (string Head, Func<LoadCounts, long> Of, bool IsRare)[] Counts =
    [
        ("requests", static counts => counts.Requests, false),
        ("hits", static counts => counts.Hits, false),
        ("misses", static counts => counts.Misses, false),
        ("errors", static counts => counts.Errors, false),
        ("timeouts", static counts => counts.Timeouts, false),
        ("lost", static counts => counts.Lost, false),
        ("unsent", static counts => counts.Unsent, true),
        ("reconnects", static counts => counts.Reconnects, true),
    ];

    /// <summary>What became of the requests: a row for each run, under the heads of the columns.</summary>
    /// <param name="runs">The runs.</param>
    public static (IReadOnlyList<string> Heads, IEnumerable<IReadOnlyList<string>> Rows) Outcomes(IReadOnlyList<NamedRun> runs)
    {
        (string Head, Func<LoadCounts, long> Of, bool IsRare)[] shown =
            [.. Counts.Where(count => !count.IsRare || runs.Any(run => count.Of(run.Result.Counts) > 0))];
        return (
            ["", "requests/s", .. shown.Select(static count => count.Head), "own CPU"],
            runs.Select(run => (IReadOnlyList<string>)
            [
                Name(run),
                FigureText.Rate(run.Result.RequestsPerSecond),
                .. shown.Select(count => FigureText.Count(count.Of(run.Result.Counts))),
                FigureText.Percent(run.Result.GeneratorProcessors),
            ]));
    }

    /// <summary>How long they took.</summary>
    /// <param name="runs">The runs.</param>
    public static (IReadOnlyList<string> Heads, IEnumerable<IReadOnlyList<string>> Rows) Latencies(IReadOnlyList<NamedRun> runs) =>
        (["", "mean", .. Percentiles.All.Select(static percentile => percentile.Name), "max"], runs.Select(Latency));

    /// <summary>How the load was made: a row for each phase of a scenario, otherwise one for all runs.</summary>
    /// <param name="report">The report.</param>
    public static IEnumerable<IReadOnlyList<string>> Loads(LoadReport report) => report.Kind == ReportKind.Scenario
        ? report.Runs.Select(static run => (IReadOnlyList<string>)[run.Name, PlanText.Load(run.Result.Plan)])
        : [["load", PlanText.Load(report.Runs[0].Result.Plan, report.Kind)]];

    /// <summary>A percentile, the mean or the maximum; with a mark when it is too low.</summary>
    /// <param name="result">What it is of.</param>
    /// <param name="latency">The figure.</param>
    public static string Latency(LoadResult result, TimeSpan latency) =>
        (result.OverloadReason is null ? "" : "> ") + FigureText.Latency(latency);

    private static IReadOnlyList<string> Latency(NamedRun run)
    {
        LatencyHistogram latency = run.Result.Latency;
        TimeSpan[] figures = [latency.Mean, .. Percentiles.All.Select(percentile => latency.Percentile(percentile.Share)), latency.Max];
        return [Name(run), .. figures.Select(figure => Latency(run.Result, figure))];
    }

    private static string Name(NamedRun run) => run.Name.Length > 0 ? run.Name : "run";
}
