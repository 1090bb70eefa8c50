using Spectre.Console;

namespace KvTcp.LoadGen;

/// <summary>The report for people, written when all runs have ended.</summary>
internal static class SummaryTable
{
    // A table that is wider than the terminal is wrapped by the terminal, and can still be read; cells cut off could not.
    private const int Unlimited = 10_000;

    /// <summary>Opens the terminal, file or pipe that receives it: colours only on a terminal, and not when NO_COLOR is set.</summary>
    /// <param name="output">Receives it.</param>
    /// <param name="isTerminal">Whether that is a terminal.</param>
    public static IAnsiConsole Open(TextWriter output, bool isTerminal)
    {
        bool isColoured = isTerminal && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isColoured ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = isColoured ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(output),
        });
        console.Profile.Width = Unlimited;
        return console;
    }

    /// <summary>Writes it.</summary>
    /// <param name="report">What was measured.</param>
    /// <param name="console">Receives it.</param>
    public static void Write(LoadReport report, IAnsiConsole console)
    {
        LoadPlan first = report.Runs[0].Result.Plan;
        console.MarkupLineInterpolated($"[bold]{FigureText.OneLine(PlanText.Server(first.Server))}[/] in {PlanText.Protocol(first.Protocol)}");
        foreach (IReadOnlyList<string> load in ReportTables.Loads(report))
        {
            console.WriteLine(FigureText.OneLine(string.Join(": ", load)));
        }

        console.WriteLine();
        console.Write(Outcomes(report.Runs));
        console.WriteLine();
        console.Write(Latencies(report.Runs));
        console.WriteLine();
        foreach (NamedRun run in report.Runs)
        {
            WriteVerdicts(run, console);
        }

        if (report.Conclusion is { } conclusion)
        {
            console.MarkupLineInterpolated($"[bold]{conclusion}[/]");
        }
    }

    private static Table Outcomes(IReadOnlyList<NamedRun> runs)
    {
        Table table = NewTable(ReportTables.OutcomeHeads);
        foreach (NamedRun run in runs)
        {
            _ = table.AddRow(ReportTables.Outcome(run).Zip(ReportTables.OutcomeHeads, static (figure, head) => Cell(figure, OutcomeStyle(head, figure))));
        }

        return table;
    }

    private static string OutcomeStyle(string head, string figure) => head switch
    {
        "requests/s" => "bold",
        "errors" or "timeouts" or "lost" when figure is not "0" => "red",
        _ => "default",
    };

    private static Table Latencies(IReadOnlyList<NamedRun> runs)
    {
        Table table = NewTable(ReportTables.LatencyHeads);
        foreach (NamedRun run in runs)
        {
            _ = table.AddRow(ReportTables.Latency(run).Select(static cell => Cell(cell, "default")));
        }

        return table;
    }

    private static Table NewTable(IReadOnlyList<string> heads)
    {
        Table table = new Table().NoBorder();
        foreach (string head in heads)
        {
            TableColumn column = new TableColumn(new Text(head, Style.Parse("grey"))) { Padding = new Padding(0, 0, 2, 0) }.NoWrap();
            _ = table.AddColumn(head.Length > 0 ? column.RightAligned() : column);
        }

        return table;
    }

    private static void WriteVerdicts(NamedRun run, IAnsiConsole console)
    {
        LoadResult result = run.Result;
        string of = run.Name.Length > 0 ? $"{FigureText.OneLine(run.Name)}: " : "";
        if (result.SendDelay is { } delay && run.Name.Length == 0)
        {
            console.WriteLine(
                $"sent late by p50 {FigureText.Latency(delay.Percentile(0.5))}, p99 {FigureText.Latency(delay.Percentile(0.99))}, " +
                $"max {FigureText.Latency(delay.Max)}, for the generator's own reasons; counted as latency");
        }

        if (result.InvalidReason is { } reason)
        {
            console.MarkupLineInterpolated($"{of}[red bold]INVALID[/]: {FigureText.OneLine(reason)}");
        }
        else if (run.Name.Length == 0)
        {
            console.MarkupLine("[green]valid[/]");
        }

        if (result.Counts.Mismatches > 0)
        {
            console.MarkupLineInterpolated(
                $"{of}[red bold]WRONG[/]: {FigureText.Count(result.Counts.Mismatches)} keys with a reply that is not what the data file says");
            foreach (string sample in result.MismatchSamples)
            {
                console.WriteLine($"  {FigureText.OneLine(sample)}");
            }
        }
        else if (result.Plan.Verify)
        {
            console.MarkupLineInterpolated($"{of}[green]verified[/]: every reply is what the data file says");
        }
    }

    private static Text Cell(string text, string style) => new(FigureText.OneLine(text), Style.Parse(style));
}
