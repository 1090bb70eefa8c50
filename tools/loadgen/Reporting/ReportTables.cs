namespace KvTcp.LoadGen;

/// <summary>The two tables that the terminal and the page show: what became of the requests, and how long they took.</summary>
internal static class ReportTables
{
    public static IReadOnlyList<string> OutcomeHeads { get; } =
        ["", "requests/s", "requests", "hits", "misses", "errors", "timeouts", "lost", "generator CPU"];

    public static IReadOnlyList<string> LatencyHeads { get; } = ["", "mean", .. Percentiles.All.Select(static percentile => percentile.Name), "max"];

    /// <summary>What a row is called.</summary>
    /// <param name="run">The run.</param>
    public static string Name(NamedRun run) => run.Name.Length > 0 ? run.Name : "run";

    /// <summary>How the load was made: a row for each phase of a scenario, otherwise one for all runs.</summary>
    /// <param name="report">The report.</param>
    public static IEnumerable<IReadOnlyList<string>> Loads(LoadReport report) => report.Kind == ReportKind.Scenario
        ? report.Runs.Select(static run => (IReadOnlyList<string>)[run.Name, PlanText.Load(run.Result.Plan)])
        : [["load", PlanText.Load(report.Runs[0].Result.Plan, report.Kind)]];

    /// <summary>The row of a run under <see cref="OutcomeHeads"/>.</summary>
    /// <param name="run">The run.</param>
    public static IReadOnlyList<string> Outcome(NamedRun run)
    {
        LoadCounts counts = run.Result.Counts;
        long[] figures = [counts.Requests, counts.Hits, counts.Misses, counts.Errors, counts.Timeouts, counts.Lost];
        return
        [
            Name(run),
            FigureText.Rate(run.Result.RequestsPerSecond),
            .. figures.Select(FigureText.Count),
            FigureText.Percent(run.Result.GeneratorProcessors),
        ];
    }

    /// <summary>The row of a run under <see cref="LatencyHeads"/>.</summary>
    /// <param name="run">The run.</param>
    public static IReadOnlyList<string> Latency(NamedRun run)
    {
        LatencyHistogram latency = run.Result.Latency;
        TimeSpan[] figures = [latency.Mean, .. Percentiles.All.Select(percentile => latency.Percentile(percentile.Share)), latency.Max];
        return [Name(run), .. figures.Select(FigureText.Latency)];
    }
}
