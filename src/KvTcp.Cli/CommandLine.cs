using System.CommandLine;

namespace KvTcp.Cli;

/// <summary>The <c>kvtcp</c> command and its subcommands.</summary>
internal static class CommandLine
{
    private const string Name = "kvtcp";

    private const string Examples = """
        kvtcp generate --count 10000 -o some.data
        kvtcp serve --data some.data
        printf 'GET 6ba7b810-9dad-41d1-80b4-00c04fd430c8\n' | nc -N 127.0.0.1 7878
        """;

    /// <summary>Makes the command tree.</summary>
    public static RootCommand Create()
    {
        RootCommand root = new("A read-only key/value server for files of UUIDs and values.")
        {
            ServeCommand.Create(),
            CheckCommand.Create(),
            BuildCommand.Create(),
            InspectCommand.Create(),
            DiffCommand.Create(),
            GenerateCommand.Create(),
            GetCommand.Create(),
            LoadCommand.Create(),
            ReloadCommand.CreateReload(),
            ReloadCommand.CreateRollback(),
            StatsCommand.Create(),
            HealthCheckCommand.Create(),
            ManualCommands.CreateCompletion(),
            ManualCommands.CreateMan(),
        };
        CommandRun.AddStandardOptions(root, Name, Examples);
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
    public static Task<int> RunAsync(string[] args, TextWriter error) => CommandRun.RunAsync(Create, Name, args, error);
}
