using System.CommandLine;
using System.Net;
using KvTcp.Cli;

namespace KvTcp.LoadGen;

/// <summary>The options that ask for more than one run, and for reports in files. docs/loadgen.md has the same table.</summary>
internal static class SessionOptions
{
    private const string StandardOutputName = "-";

    private static readonly Option<string> Scenario = new("--scenario")
    {
        HelpName = "FILE",
        Description = "Run the phases of a JSON file one after another; the other options hold where a phase says nothing",
    };

    private static readonly Option<string> Sweep = new("--sweep")
    {
        HelpName = "rate|depth",
        Description =
            $"rate: raise --rate, from {RateSweep.FirstRate:N0} unless it is given, until the server no longer keeps up; " +
            $"depth: run depth 1, 2, 4 and so on up to --depth, or {DepthSweep.LastDepth}",
    };

    private static readonly Option<string> Json = new("--json")
    {
        HelpName = "FILE|-",
        Description = "Write all figures as JSON; with -, to standard output, and the table to standard error",
    };

    private static readonly Option<string> Html = new("--html")
    {
        HelpName = "FILE",
        Description = "Write a page with charts, which needs nothing from elsewhere",
    };

    private static readonly ValueParser<ReportKind> Sweeps = ValueParsers.Word(("rate", ReportKind.RateSweep), ("depth", ReportKind.DepthSweep));

    /// <summary>The options, in the order of the help.</summary>
    public static IReadOnlyList<Option> All { get; } = [Scenario, Sweep, Json, Html];

    /// <summary>What to run.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="server">The server, resolved.</param>
    /// <exception cref="CommandException">An option or the scenario is wrong, or options do not go together.</exception>
    public static (ReportKind Kind, IReadOnlyList<ScenarioPhase> Phases) PhasesOf(ParseResult result, EndPoint server)
    {
        LoadPlan plan = PlanOptions.PlanOf(result, server);
        return (result.GetValue(Scenario), result.GetValue(Sweep)) switch
        {
            (null, null) => (ReportKind.Run, [new ScenarioPhase("", plan)]),
            (string file, null) => (ReportKind.Scenario, ScenarioFile.Read(file, phase => PlanOptions.PlanOf(result, server, phase))),
            (null, string sweep) => SweepOf(sweep, plan),
            _ => throw new CommandException(ExitCode.Usage, "--scenario and --sweep both say what to run; give one of them"),
        };
    }

    /// <summary>Begins the files that reports go to, so that one that cannot be written costs no run.</summary>
    /// <param name="result">The command line.</param>
    /// <exception cref="CommandException">One cannot be created.</exception>
    public static ReportFiles OpenFiles(ParseResult result) => result.GetValue(Html) is StandardOutputName
        ? throw new CommandException(ExitCode.Usage, "--html takes a file; a browser opens it from there")
        : ReportFiles.Create(result.GetValue(Json), result.GetValue(Html));

    /// <summary>Where the table goes.</summary>
    /// <param name="result">The command line.</param>
    /// <returns>Where, and whether that is a terminal.</returns>
    public static (TextWriter Writer, bool IsTerminal) TableOutput(ParseResult result) => result.GetValue(Json) is StandardOutputName
        ? (Console.Error, !Console.IsErrorRedirected)
        : (result.InvocationConfiguration.Output, !Console.IsOutputRedirected);

    private static (ReportKind Kind, IReadOnlyList<ScenarioPhase> Phases) SweepOf(string sweep, LoadPlan plan)
    {
        if (!Sweeps(sweep, out ReportKind kind, out string? error))
        {
            throw new CommandException(ExitCode.Usage, $"{Sweep.Name}: {error}");
        }

        if (kind == ReportKind.RateSweep)
        {
            return (kind, [new ScenarioPhase("", plan with { Rate = plan.Rate ?? RateSweep.FirstRate })]);
        }

        return plan.Rate is null
            ? (kind, [new ScenarioPhase("", plan with { Depth = plan.Depth > 1 ? plan.Depth : DepthSweep.LastDepth })])
            : throw new CommandException(ExitCode.Usage, "--rate does not go with --sweep depth, which sends as fast as replies arrive");
    }
}
