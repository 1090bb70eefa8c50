using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Reflection;

namespace KvTcp.Cli;

/// <summary>
/// How this project's programs run their command lines: help with examples, <c>--version</c>, <c>--verbose</c>, one line for an error.
/// </summary>
internal static class CommandRun
{
    /// <summary>Shows stack traces, and debug logs unless <c>--log-level</c> says otherwise.</summary>
    public static Option<bool> Verbose { get; } = new("--verbose")
    {
        Description = "Show the stack trace of an error, and debug logs",
        Recursive = true,
    };

    /// <summary>The version of this program and its tools.</summary>
    public static string Version { get; } =
        typeof(CommandRun).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    /// <summary>Gives a program the options that all have.</summary>
    /// <param name="root">The program's command.</param>
    /// <param name="name">The program's name.</param>
    /// <param name="examples">Command lines, one a line.</param>
    public static void AddStandardOptions(RootCommand root, string name, string examples)
    {
        root.Directives.Clear();
        root.Options.Clear();
        root.Options.Add(new HelpOption("--help", "-h") { Action = new ExamplesHelpAction(examples) });
        root.Options.Add(new VersionOption { Action = new VersionAction(name) });
        root.Options.Add(Verbose);
    }

    /// <summary>Runs a command line.</summary>
    /// <param name="create">Makes the program's command.</param>
    /// <param name="name">The program's name, which begins its errors.</param>
    /// <param name="args">The arguments.</param>
    /// <param name="error">Receives the error.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(Func<RootCommand> create, string name, string[] args, TextWriter error)
    {
        bool verbose = args.Contains("--verbose", StringComparer.Ordinal);
        try
        {
            ParseResult result = create().Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
            ThrowOnError(result, name);
            await using TextWriter output = StandardOutput.OpenText();
            InvocationConfiguration configuration = new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = output };
            return await result.InvokeAsync(configuration);
        }
#pragma warning disable CA1031 // Every exception becomes one line and an exit code here.
        catch (Exception e)
        {
            return Failure.Report(e, verbose, error, name);
        }
#pragma warning restore CA1031
    }

    private static void ThrowOnError(ParseResult result, string program)
    {
        if (result.Action is not null and not ParseErrorAction && UnknownOption(result.Tokens) is null)
        {
            return;
        }

        Command command = result.CommandResult.Command;
        string name = command is RootCommand ? program : $"{program} {command.Name}";
        string what = UnknownOption(result.Tokens) is string option
            ? $"'{option}' is not an option of {name}"
            : (result.Errors is [.., ParseError last] ? last.Message : "the command is missing").TrimEnd('.');
        throw new CommandException(ExitCode.Usage, $"{what}; see `{name} --help`");
    }

    /// <summary>System.CommandLine takes an unknown option for an argument wherever an argument may stand.</summary>
    private static string? UnknownOption(IReadOnlyList<Token> tokens) => tokens
        .TakeWhile(static t => t.Type != TokenType.DoubleDash)
        .FirstOrDefault(static t => t.Type == TokenType.Argument && t.Value is ['-', not (>= '0' and <= '9'), ..])?.Value;

    private sealed class VersionAction(string name) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine($"{name} {Version}");
            return ExitCode.Success;
        }
    }
}
