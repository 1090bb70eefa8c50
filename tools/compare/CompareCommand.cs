using System.CommandLine;
using System.CommandLine.Help;
using KvTcp.Cli;

namespace KvTcp.Compare;

/// <summary>The command <c>compare</c>: runs the comparison, writes its figures, and cleans up however it ends.</summary>
internal static class CompareCommand
{
    private const string Name = "compare";

    private const string Examples = """
        ./run.sh compare                                everything, about half an hour
        ./run.sh compare --quick                        the same tables from short runs, a few minutes
        ./run.sh compare --servers kvtcp,redis --rounds 9
        ./run.sh compare --large                        with 10 million pairs
        ./run.sh compare --hold                         how much data fits into memory
        """;

    /// <summary>Runs a command line.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="error">Standard error.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter error)
    {
        bool verbose = args.Contains("--verbose", StringComparer.Ordinal);
        try
        {
            ParseResult result = Create(args).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
            if (result.Errors is [.., var last] && result.Action is not HelpAction and not ExamplesHelpAction)
            {
                throw new CommandException(ExitCode.Usage, $"{last.Message.TrimEnd('.')}; see `./run.sh {Name} --help`");
            }

            return await result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
#pragma warning disable CA1031 // Every exception becomes one line and an exit code here.
        catch (Exception e)
        {
            return Failure.Report(e, verbose, error, Name);
        }
#pragma warning restore CA1031
    }

    private static RootCommand Create(string[] args)
    {
        RootCommand command = new("Measure this server beside others, and write the figures into docs/performance.md.");
        command.Directives.Clear();
        command.Options.Clear();
        command.Options.Add(new HelpOption("--help", "-h") { Action = new ExamplesHelpAction(Examples) });
        CompareOptions.AddTo(command);
        command.SetAction((result, _) => UntilSignalAsync(stop => CompareOptions.IsHold(result)
            ? HoldAsync(CompareOptions.Read(result, args), CompareOptions.OutputOf(result), stop)
            : CompareAsync(CompareOptions.Read(result, args), CompareOptions.OutputOf(result), stop)));
        return command;
    }

    /// <summary>Does the work until its end or the first signal, and in either case until it has cleaned up.</summary>
    private static async Task<int> UntilSignalAsync(Func<CancellationToken, Task<int>> start)
    {
        using Signals signals = new();
        using CancellationTokenSource stop = new();
        Task<int> work = start(stop.Token);
        if (await Task.WhenAny(work, signals.First) == work)
        {
            return await work;
        }

        await stop.CancelAsync();
        // How it ends does not matter: the terminal has sent the signal to the servers as well.
        await Task.WhenAny(work);
        return ExitCode.ForSignal(await signals.First);
    }

    private static async Task<int> CompareAsync(CompareSettings settings, string output, CancellationToken cancellation)
    {
        ReportFiles files = new(output, ComparisonPage.Section);
        Comparison comparison = await ShowAsync("Comparing", ComparisonRun.Steps(settings), async onStep =>
        {
            using ComparisonRun run = new(settings, onStep, cancellation);
            return await run.RunAsync();
        });
        string page = ComparisonPage.Write(comparison);
        files.Write(page, ComparisonCharts.Draw(comparison), comparison);
        await WriteAsync(page);
        string[] failures = [.. comparison.Servers.Where(static server => server.Failure is not null).Select(static s => $"{s.Name} ({s.Failure})")];
        return failures.Length == 0
            ? ExitCode.Success
            : throw new CommandException(ExitCode.Unavailable, $"figures are missing of {string.Join(", ", failures)}");
    }

    private static async Task<int> HoldAsync(CompareSettings settings, string output, CancellationToken cancellation)
    {
        ReportFiles files = new(output, HoldPage.Section);
        int steps = HoldMeasurement.SizesUpTo(settings.Pairs).Count;
        HoldReport report = await ShowAsync("Filling", steps, onStep => HoldMeasurement.RunAsync(settings, onStep, cancellation));
        string page = HoldPage.Write(report);
        files.Write(page, [(HoldPage.Chart, HoldPage.Draw(report))], report);
        await WriteAsync(page);
        return ExitCode.Success;
    }

    private static async Task<T> ShowAsync<T>(string title, int steps, Func<Action, Task<T>> start)
    {
        WorkProgress progress = new(steps);
        long done = 0;
        Task<T> work = Task.Run(() => start(() => progress.Report(++done)));
        await ProgressBar.ShowAsync(title, work, progress);
        return await work;
    }

    private static async Task WriteAsync(string text)
    {
        await using TextWriter output = StandardOutput.OpenText();
        await output.WriteAsync(text);
    }
}
