using System.Xml.Linq;

namespace KvTcp.LoadGen;

/// <summary>The report as one page that needs nothing from elsewhere, and runs no script.</summary>
internal static class HtmlReport
{
    /// <summary>Makes it.</summary>
    /// <param name="report">What was measured.</param>
    public static string Write(LoadReport report)
    {
        string title = $"{Kind(report.Kind)} of {PlanText.Server(report.Runs[0].Result.Plan.Server)}";
        return HtmlPage.Write(title, [.. Body(report, title)]);
    }

    private static IEnumerable<XElement> Body(LoadReport report, string title)
    {
        yield return Html.Element("h1", "", title);
        yield return Html.Element("p", "quiet", $"{report.StartedAt.ToUniversalTime():yyyy-MM-dd HH:mm:ss} UTC, {JsonReport.Generator}");
        foreach (XElement verdict in Verdicts(report))
        {
            yield return verdict;
        }

        if ((report.Conclusion ?? (report.Runs is [NamedRun only] ? Headline(only.Result) : null)) is { } lead)
        {
            yield return Html.Element("p", "lead", lead);
        }

        foreach (LineChart chart in ReportCharts.Of(report))
        {
            yield return Html.Element("div", "scroll", XElement.Parse(chart.ToSvg()));
        }

        yield return Html.Element("h2", "", "Requests");
        yield return Html.Table(ReportTables.Outcomes(report.Runs));
        yield return Html.Element("h2", "", "Latency");
        yield return Html.Table(ReportTables.Latencies(report.Runs));
        yield return Html.Element("h2", "", "Load");
        yield return Html.Table(([], ReportTables.Loads(report)));
        yield return Html.Element("h2", "", "Machine of the load generator");
        yield return Html.Table(([], Rows(report.Machine)));
    }

    private static IEnumerable<XElement> Verdicts(LoadReport report)
    {
        string[] invalid = Reasons(report, static result => result.InvalidReason);
        if (invalid.Length > 0)
        {
            yield return HtmlPage.Bad("Invalid", "", invalid);
        }

        string[] overloaded = Reasons(report, static result => result.OverloadReason);
        if (overloaded.Length > 0)
        {
            yield return HtmlPage.Bad("Overloaded", "", overloaded);
        }

        foreach (NamedRun run in report.Runs.Where(static run => run.Result.ErrorSamples.Count > 0))
        {
            yield return HtmlPage.Bad("Errors", $"{Of(run)}the first of them", run.Result.ErrorSamples);
        }

        NamedRun[] wrong = [.. report.Runs.Where(static run => run.Result.Counts.Mismatches > 0)];
        foreach (NamedRun run in wrong)
        {
            string what = $"{Of(run)}{FigureText.Count(run.Result.Counts.Mismatches)} keys with a reply that is not what the data file says";
            yield return HtmlPage.Bad("Wrong replies", what, run.Result.MismatchSamples);
        }

        if (wrong is [] && report.Runs[0].Result.Plan.Verify)
        {
            yield return Html.Element("p", "good", Html.Element("strong", "", "Verified"), " every reply is what the data file says");
        }
    }

    private static string[] Reasons(LoadReport report, Func<LoadResult, string?> reason) =>
        [.. report.Runs.Where(run => reason(run.Result) is not null).Select(run => Of(run) + reason(run.Result))];

    private static string Of(NamedRun run) => run.Name.Length > 0 ? $"{run.Name}: " : "";

    private static string Headline(LoadResult result) =>
        $"{FigureText.Rate(result.RequestsPerSecond)} requests/s, " +
        $"p50 {ReportTables.Latency(result, result.Latency.Percentile(0.5))}, " +
        $"p99 {ReportTables.Latency(result, result.Latency.Percentile(0.99))}";

    private static IEnumerable<IReadOnlyList<string>> Rows(Machine machine) =>
    [
        ["processor", $"{machine.Processors} × {(machine.Processor.Length > 0 ? machine.Processor : machine.Architecture)}"],
        ["memory", $"{ChartText.Digits(machine.MemoryBytes / (double)(1 << 30))} GiB"],
        ["system", $"{machine.System}, {machine.Architecture}, {machine.Runtime}"],
    ];

    private static string Kind(ReportKind kind) => kind switch
    {
        ReportKind.Scenario => "Load scenario",
        ReportKind.RateSweep => "Sweep of rates",
        ReportKind.DepthSweep => "Sweep of pipeline depths",
        _ => "Load test",
    };
}
