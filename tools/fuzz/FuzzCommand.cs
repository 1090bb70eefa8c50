using System.CommandLine;
using System.Globalization;
using KvTcp.Cli;

namespace KvTcp.Fuzz;

/// <summary>The command <c>fuzz</c>: gives every target its share of the time, and reports.</summary>
internal static class FuzzCommand
{
    private const string Name = "fuzz";

    private const string Examples = """
        ./run.sh fuzz                                   a minute for all of them together
        ./run.sh fuzz --minutes 60
        ./run.sh fuzz --target uuid,snapshot --seed 12345
        ./run.sh fuzz --target snapshot --replay artifacts/fuzz/snapshot-0123456789ab.bin
        """;

    private static readonly string ByDefault = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../fuzz"));

    private static readonly Option<string> Minutes = new("--minutes") { HelpName = "N", Description = "How long, in all [default: 1]" };

    private static readonly Option<string> Targets = new("--target")
    {
        HelpName = "LIST",
        Description = $"What is given input, with commas [default: {string.Join(',', FuzzTarget.All.Keys)}]",
    };

    private static readonly Option<string> Seed = new("--seed") { HelpName = "N", Description = "The seed of the first input [default: a random one]" };

    private static readonly Option<string> Output = new("--output") { HelpName = "DIR", Description = "Where inputs that fail are kept [default: artifacts/fuzz]" };

    private static readonly Option<string> Replay = new("--replay") { HelpName = "FILE", Description = "Check this input instead of making some" };

    /// <summary>Runs a command line.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="error">Receives errors.</param>
    /// <returns>The exit code: 70 when something was found.</returns>
    public static Task<int> RunAsync(string[] args, TextWriter error) => CommandRun.RunAsync(Create, Name, args, error);

    private static RootCommand Create()
    {
        RootCommand root = new("Give random input to everything that reads what others wrote, and compare with slow and plain readers.");
        CommandRun.AddStandardOptions(root, Name, Examples);
        foreach (Option option in (Option[])[Minutes, Targets, Seed, Output, Replay])
        {
            root.Add(option);
        }

        root.SetAction(static (result, _) => Task.FromResult(Run(result)));
        return root;
    }

    private static int Run(ParseResult arguments)
    {
        TextWriter output = arguments.InvocationConfiguration.Output;
        string[] targets = TargetsOf(arguments);
        string directory = arguments.GetValue(Output) ?? ByDefault;
        if (arguments.GetValue(Replay) is string file)
        {
            byte[] input = File.ReadAllBytes(file);
            return Report(output, directory, [.. targets.Select(name => ReplayWith(name, input)).OfType<Finding>()]);
        }

        using Signals signals = new();
        using CancellationTokenSource stop = new();
        _ = signals.First.ContinueWith(_ => stop.Cancel(), TaskScheduler.Default);
        ulong seed = Get(arguments, Seed, ValueParsers.Integer(0, long.MaxValue)) is long given ? (ulong)given : (ulong)Random.Shared.NextInt64();
        TimeSpan duration = TimeSpan.FromMinutes(Get(arguments, Minutes, ValueParsers.Integer(1, 60 * 24 * 7)) ?? 1) / targets.Length;
        List<Finding> findings = [.. LeftByOthers(directory)];
        output.WriteLine($"seed {seed}");
        output.WriteLine($"{"target",-16}{"inputs",16}{"a second",12}");
        foreach (string name in targets.TakeWhile(_ => !stop.IsCancellationRequested))
        {
            FuzzResult result = FuzzRun.Run(
                name, FuzzTarget.All[name], seed, duration, Environment.ProcessorCount, directory, FuzzRun.DefaultPatience, stop.Token);
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{name,-16}{result.Inputs,16:N0}{result.Inputs / result.Duration.TotalSeconds,12:N0}{(result.Finding is null ? "" : "  FAILED")}"));
            output.Flush();
            findings.AddRange(result.Finding is Finding finding ? [finding] : []);
        }

        // What was found before a signal is kept as well.
        int exitCode = Report(output, directory, findings);
        return stop.IsCancellationRequested && findings.Count == 0 ? ExitCode.ForSignal(signals.First.Result) : exitCode;
    }

    private static int Report(TextWriter output, string directory, List<Finding> findings)
    {
        foreach (Finding finding in findings)
        {
            output.WriteLine();
            output.WriteLine(finding);
            output.WriteLine($"kept in {finding.Keep(directory)}");
        }

        output.WriteLine(findings.Count == 0 ? "nothing was found" : $"{findings.Count} found");
        return findings.Count == 0 ? ExitCode.Success : ExitCode.Bug;
    }

    private static Finding? ReplayWith(string name, byte[] input)
    {
        using FuzzTarget target = FuzzTarget.All[name]();
        return new InputSearch(name, target).Replay(input);
    }

    /// <summary>The inputs at which a process before this one ended, of which one is to blame.</summary>
    private static IEnumerable<Finding> LeftByOthers(string directory)
    {
        foreach ((string name, ulong[] seeds) in Journal.LeftIn(directory))
        {
            using FuzzTarget target = FuzzTarget.All[name]();
            InputSearch search = new(name, target);
            foreach (ulong seed in seeds)
            {
                yield return new Finding(name, seed, search.Make(seed).ToArray(), "a run before this one ended while it was at this input, or was killed");
            }
        }
    }

    private static string[] TargetsOf(ParseResult arguments)
    {
        string[] names = arguments.GetValue(Targets)?.Split(',') ?? [.. FuzzTarget.All.Keys];
        string? unknown = names.FirstOrDefault(static name => !FuzzTarget.All.ContainsKey(name));
        return unknown is null
            ? names
            : throw new CommandException(ExitCode.Usage, $"{Targets.Name}: '{unknown}' is not one of {string.Join(", ", FuzzTarget.All.Keys)}");
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
