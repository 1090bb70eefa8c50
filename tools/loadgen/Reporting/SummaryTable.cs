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
        console.Write(ToTable(ReportTables.Outcomes(report.Runs)));
        console.WriteLine();
        console.Write(ToTable(ReportTables.Latencies(report.Runs)));
        console.WriteLine();
        WriteValidity(report, console);
        foreach (NamedRun run in report.Runs)
        {
            WriteSamples(run, console);
        }

        if (first.Verify && report.Runs.All(static run => run.Result.Counts.Mismatches == 0))
        {
            console.MarkupLine("[green]verified[/]: every reply is what the data file says");
        }

        if (report.Conclusion is { } conclusion)
        {
            console.MarkupLineInterpolated($"[bold]{conclusion}[/]");
        }
    }

    private static Table ToTable((IReadOnlyList<string> Heads, IEnumerable<IReadOnlyList<string>> Rows) content)
    {
        Table table = new Table().NoBorder();
        foreach (string head in content.Heads)
        {
            TableColumn column = new TableColumn(Cell(head, "grey")) { Padding = new Padding(0, 0, 2, 0) }.NoWrap();
            _ = table.AddColumn(head.Length > 0 ? column.RightAligned() : column);
        }

        foreach (IReadOnlyList<string> row in content.Rows)
        {
            _ = table.AddRow(row.Zip(content.Heads, static (figure, head) => Cell(figure, StyleOf(head, figure))));
        }

        return table;
    }

    private static string StyleOf(string head, string figure) => head switch
    {
        "requests/s" => "bold",
        "errors" or "timeouts" or "lost" or "unsent" or "reconnects" when figure is not "0" => "red",
        _ => "default",
    };

    private static void WriteValidity(LoadReport report, IAnsiConsole console)
    {
        if (report.Runs is [{ Result.SendDelay: { } delay }])
        {
            console.WriteLine(
                $"sent late by p50 {FigureText.Latency(delay.Percentile(0.5))}, p99 {FigureText.Latency(delay.Percentile(0.99))}, " +
                $"max {FigureText.Latency(delay.Max)}, for the generator's own reasons; counted as latency");
        }

        bool isInvalid = WriteVerdict("INVALID", static result => result.InvalidReason, report, console);
        bool isOverloaded = WriteVerdict("OVERLOADED", static result => result.OverloadReason, report, console);
        if (!isInvalid && !isOverloaded)
        {
            console.MarkupLine(report.Runs.Any(static run => run.Result.Counts.Requests > 0) ? "[green]valid[/]" : "[red]nothing was measured[/]");
        }
    }

    private static bool WriteVerdict(string verdict, Func<LoadResult, string?> reason, LoadReport report, IAnsiConsole console)
    {
        // The reasons of several runs differ in their figures alone.
        NamedRun[] bad = [.. report.Runs.Where(run => reason(run.Result) is not null)];
        if (bad is not [NamedRun first, ..])
        {
            return false;
        }

        string names = FigureText.OneLine($"{(first.Name.Length > 0 ? " " : "")}{string.Join(", ", bad.Select(static run => run.Name))}");
        console.MarkupLineInterpolated($"[red bold]{verdict}[/]{names}: {FigureText.OneLine(reason(first.Result)!)}");
        return true;
    }

    private static void WriteSamples(NamedRun run, IAnsiConsole console)
    {
        LoadResult result = run.Result;
        string of = run.Name.Length > 0 ? $"{FigureText.OneLine(run.Name)}: " : "";
        foreach (string sample in result.ErrorSamples)
        {
            console.WriteLine(FigureText.OneLine($"{of}error: {sample}"));
        }

        if (result.Counts.Mismatches > 0)
        {
            console.MarkupLineInterpolated(
                $"{of}[red bold]WRONG[/]: {FigureText.Count(result.Counts.Mismatches)} keys with a reply that is not what the data file says");
        }

        foreach (string sample in result.MismatchSamples)
        {
            console.WriteLine(FigureText.OneLine($"  {sample}"));
        }
    }

    private static Text Cell(string text, string style) => new(FigureText.OneLine(text), Style.Parse(style));
}
