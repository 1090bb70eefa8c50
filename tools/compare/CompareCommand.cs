using System.CommandLine;
using KvTcp.Cli;

namespace KvTcp.Compare;

/// <summary>The command <c>compare</c>: runs the comparison, writes its figures, and cleans up however it ends.</summary>
internal static class CompareCommand
{
    private const string Name = "compare";

    private const string Examples = """
        ./run.sh compare                                everything, in less than a quarter of an hour
        ./run.sh compare --quick                        the same tables from fewer and shorter runs, about 5 minutes
        ./run.sh compare --servers kvtcp,redis --rounds 9
        ./run.sh compare --large                        with 10 million pairs
        ./run.sh compare --hold                         how much data fits into memory
        """;

    /// <summary>Runs a command line.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="error">Receives errors.</param>
    /// <returns>The exit code.</returns>
    public static Task<int> RunAsync(string[] args, TextWriter error) => CommandRun.RunAsync(() => Create(args), Name, args, error);

    private static RootCommand Create(string[] args)
    {
        RootCommand root = new("Measure this server beside others, and write the figures into docs/performance.md.");
        CommandRun.AddStandardOptions(root, Name, Examples);
        foreach (Option option in CompareOptions.All)
        {
            root.Add(option);
        }

        root.SetAction((result, _) =>
        {
            CompareSettings settings = CompareOptions.SettingsOf(result, args);
            TextWriter output = result.InvocationConfiguration.Output;
            return UntilSignalAsync(stop => settings.IsHold ? HoldAsync(settings, output, stop) : CompareAsync(settings, output, stop));
        });
        return root;
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

    private static async Task<int> CompareAsync(CompareSettings settings, TextWriter output, CancellationToken cancellation)
    {
        ReportFiles files = new(settings.Output, ComparisonPage.Section);
        Comparison comparison = await ShowAsync("Comparing", ComparisonRun.Steps(settings), async onStep =>
        {
            using ComparisonRun run = new(settings, onStep, cancellation);
            return await run.RunAsync();
        });
        string page = ComparisonPage.Write(comparison);
        files.Write(page, ComparisonCharts.Draw(comparison), comparison);
        await output.WriteAsync(page);
        string[] failures = [.. comparison.Servers.Where(static server => server.Failure is not null).Select(static s => $"{s.Name} ({s.Failure})")];
        return failures.Length == 0
            ? ExitCode.Success
            : throw new CommandException(ExitCode.Unavailable, $"figures are missing of {string.Join(", ", failures)}");
    }

    private static async Task<int> HoldAsync(CompareSettings settings, TextWriter output, CancellationToken cancellation)
    {
        ReportFiles files = new(settings.Output, HoldPage.Section);
        int steps = HoldMeasurement.SizesUpTo(settings.Pairs).Count;
        HoldReport report = await ShowAsync("Filling", steps, onStep => HoldMeasurement.RunAsync(settings, onStep, cancellation));
        string page = HoldPage.Write(report);
        files.Write(page, [(HoldPage.Chart, HoldPage.Draw(report))], report);
        await output.WriteAsync(page);
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
}
