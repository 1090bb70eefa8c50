using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Reflection;

namespace KvTcp.Cli;

/// <summary>The <c>kvtcp</c> command: its subcommands, how they are run, and what becomes of their errors.</summary>
internal static class CommandLine
{
    private const string Examples = """
        kvtcp generate --count 10000 -o some.data
        kvtcp serve --data some.data
        printf 'GET 6ba7b810-9dad-41d1-80b4-00c04fd430c8\n' | nc -N 127.0.0.1 7878
        """;

    /// <summary>Shows stack traces, and debug logs unless <c>--log-level</c> says otherwise.</summary>
    public static Option<bool> Verbose { get; } = new("--verbose")
    {
        Description = "Show the stack trace of an error, and debug logs",
        Recursive = true,
    };

    /// <summary>Makes the command tree.</summary>
    public static RootCommand Create()
    {
        HelpOption help = new("--help", "-h") { Action = new ExamplesHelpAction(Examples) };
        VersionOption version = new() { Action = new VersionAction() };
        RootCommand root = new("A read-only key/value server for files of UUIDs and values.")
        {
            ServeCommand.Create(),
            CheckCommand.Create(),
            GenerateCommand.Create(),
            GetCommand.Create(),
        };
        root.Directives.Clear();
        root.Options.Clear();
        root.Options.Add(help);
        root.Options.Add(version);
        root.Options.Add(Verbose);
        return root;
    }

    /// <summary>Runs a command line.</summary>
    /// <param name="args">The arguments.</param>
    /// <returns>The exit code.</returns>
    public static Task<int> RunAsync(string[] args) => RunAsync(args, Console.Error);

    /// <summary>Runs a command line, with standard error of the caller's choice.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="error">Receives the error.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter error)
    {
        bool verbose = args.Contains("--verbose", StringComparer.Ordinal);
        try
        {
            ParseResult result = Create().Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
            ThrowOnError(result);
            await using TextWriter output = StandardOutput.OpenText();
            InvocationConfiguration configuration = new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = output };
            return await result.InvokeAsync(configuration);
        }
#pragma warning disable CA1031 // Every exception becomes one line and an exit code here.
        catch (Exception e)
        {
            return Failure.Report(e, verbose, error);
        }
#pragma warning restore CA1031
    }

    private static void ThrowOnError(ParseResult result)
    {
        if (result.Action is not null and not ParseErrorAction && UnknownOption(result.Tokens) is null)
        {
            return;
        }

        Command command = result.CommandResult.Command;
        string name = command is RootCommand ? "kvtcp" : $"kvtcp {command.Name}";
        string what = UnknownOption(result.Tokens) is string option
            ? $"'{option}' is not an option of {name}"
            : (result.Errors is [.., ParseError last] ? last.Message : "the command is missing").TrimEnd('.');
        throw new CommandException(ExitCode.Usage, $"{what}; see `{name} --help`");
    }

    /// <summary>System.CommandLine takes an unknown option for an argument wherever an argument may stand.</summary>
    private static string? UnknownOption(IReadOnlyList<Token> tokens) => tokens
        .TakeWhile(static t => t.Type != TokenType.DoubleDash)
        .FirstOrDefault(static t => t.Type == TokenType.Argument && t.Value is ['-', not (>= '0' and <= '9'), ..])?.Value;

    private sealed class VersionAction : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            string? version = typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
            parseResult.InvocationConfiguration.Output.WriteLine($"kvtcp {version}");
            return ExitCode.Success;
        }
    }
}
