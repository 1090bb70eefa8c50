using System.CommandLine;
using System.Globalization;
using System.Text;
using KvTcp.Cli;
using KvTcp.Compare;

namespace KvTcp.Soak;

/// <summary>The command <c>soak</c>: drives a server with everything at once, and judges it.</summary>
internal static class SoakCommand
{
    private const string Name = "soak";

    /// <summary>Something is wrong with the server.</summary>
    private const int IsWrong = 1;

    private const string Examples = """
        ./run.sh soak                                   five minutes
        ./run.sh soak --minutes 30 --transport epoll
        ./run.sh soak --seed 12345 --output soak.html
        ./run.sh soak --crowd                           what 1,000 slow and 1,000 non-reading clients, garbage and reconnects cost others
        """;

    private static readonly string ByDefault = SourceTree.PathOf("artifacts/soak/soak.html");

    private static readonly Option<string> Minutes = new("--minutes") { HelpName = "N", Description = "How long [default: 5]" };

    private static readonly Option<string> Transport = new("--transport") { HelpName = "KIND", Description = "The server's transport [default: auto]" };

    private static readonly Option<string> Seed = new("--seed") { HelpName = "N", Description = "What everything is drawn by [default: a random one]" };

    private static readonly Option<string> Output = new("--output") { HelpName = "FILE", Description = "The report [default: artifacts/soak/soak.html]" };

    private static readonly Option<bool> Crowd = new("--crowd") { Description = "Measure the normal load without and among a crowd that misbehaves" };

    /// <summary>Runs a command line.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="error">Receives errors.</param>
    /// <returns>The exit code: 1 when something is wrong with the server.</returns>
    public static Task<int> RunAsync(string[] args, TextWriter error) => CommandRun.RunAsync(Create, Name, args, error);

    private static RootCommand Create()
    {
        RootCommand root = new("Drive a server with load, hostile clients, reloads, signals and a bad network at once, and tell what goes wrong.");
        CommandRun.AddStandardOptions(root, Name, Examples);
        foreach (Option option in (Option[])[Minutes, Transport, Seed, Output, Crowd])
        {
            root.Add(option);
        }

        root.SetAction(static (result, _) => RunAsync(result));
        return root;
    }

    private static async Task<int> RunAsync(ParseResult arguments)
    {
        TextWriter output = arguments.InvocationConfiguration.Output;
        using Signals signals = new();
        using CancellationTokenSource stop = new();
        _ = signals.First.ContinueWith(_ => stop.Cancel(), TaskScheduler.Default);
        ulong seed = (ulong)(Get(arguments, Seed, ValueParsers.Integer(0, long.MaxValue)) ?? Random.Shared.NextInt64());
        string transport = arguments.GetValue(Transport) ?? "auto";
        await output.WriteLineAsync($"seed {seed}");
        await output.FlushAsync(CancellationToken.None);
        if (arguments.GetValue(Crowd))
        {
            return await RunCrowdAsync(new CrowdPlan { Seed = seed, Transport = transport }, output, signals, stop.Token);
        }

        string path = arguments.GetValue(Output) ?? ByDefault;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        using OutputFile file = OutputFile.Create(path);
        TimeSpan duration = TimeSpan.FromMinutes(Get(arguments, Minutes, ValueParsers.Integer(1, 60 * 24 * 7)) ?? 5);
        SoakResult result = await SoakRun.RunAsync(new SoakPlan { Seed = seed, Transport = transport, Duration = duration }, output, stop.Token);
        file.Stream.Write(Encoding.UTF8.GetBytes(SoakPage.Write(result)));
        file.Complete();
        foreach (string line in result.Slopes.Select(static slope => $"{slope}").Concat(result.Notes).Append($"report: {path}"))
        {
            await output.WriteLineAsync(line);
        }

        return await JudgeAsync(output, result.Seen, result.Wrong);
    }

    private static async Task<int> RunCrowdAsync(CrowdPlan plan, TextWriter output, Signals signals, CancellationToken stop)
    {
        try
        {
            // Clients, well-behaved or not, bring machines of their own: where there is more than one core, they have not those of the server.
            CoreSplit cores = CoreSplit.OfThisProcess();
            await PinAsync(cores.Generator, stop);
            CrowdResult result = await CrowdRun.RunAsync(plan with { Cores = cores.Server, ClientCores = cores.Server.SequenceEqual(cores.Generator) ? [] : cores.Generator }, stop);
            await output.WriteLineAsync($"{result}");
            return await JudgeAsync(output, result.Seen, result.Wrong);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCode.ForSignal(await signals.First);
        }
    }

    /// <summary>Keeps all threads of this process to some cores.</summary>
    private static async Task PinAsync(IReadOnlyList<int> cores, CancellationToken stop)
    {
        ProgramEnd end = await Subprocess.RunAsync(
            "taskset", ["--all-tasks", "--cpu-list", "--pid", string.Join(',', cores), $"{Environment.ProcessId}"], stop);
        if (end.ExitCode != 0)
        {
            throw new CommandException(ExitCode.Unavailable, $"taskset: {end.LastLine}");
        }
    }

    private static async Task<int> JudgeAsync(TextWriter output, IReadOnlyList<(string What, long Count)> seen, IReadOnlyList<string> wrong)
    {
        foreach ((string what, long count) in seen)
        {
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{count,12:N0}  {what}"));
        }

        foreach (string line in wrong)
        {
            await output.WriteLineAsync($"WRONG: {line}");
        }

        await output.WriteLineAsync(wrong is [] ? "nothing is wrong" : $"{wrong.Count} things are wrong");
        return wrong is [] ? ExitCode.Success : IsWrong;
    }

    private static long? Get(ParseResult arguments, Option<string> option, ValueParser<long> parse)
    {
        if (arguments.GetValue(option) is not string text)
        {
            return null;
        }

        return parse(text, out long value, out string? error) ? value : throw new CommandException(ExitCode.Usage, $"{option.Name}: {error}");
    }
}
