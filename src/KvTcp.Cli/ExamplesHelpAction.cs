using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace KvTcp.Cli;

/// <summary>The help of System.CommandLine, followed by examples.</summary>
internal sealed class ExamplesHelpAction : SynchronousCommandLineAction
{
    private readonly string _rootExamples;

    /// <summary>Makes the action.</summary>
    /// <param name="rootExamples">The examples of the command without subcommand.</param>
    public ExamplesHelpAction(string rootExamples) => _rootExamples = rootExamples;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        int exitCode = new HelpAction().Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        DocumentedCommand? command = parseResult.CommandResult.Command as DocumentedCommand;
        output.WriteLine("Examples:");
        foreach (string line in (command?.Examples ?? _rootExamples).Split('\n'))
        {
            output.WriteLine($"  {line}");
        }

        if (command?.Notes is string notes)
        {
            output.WriteLine();
            output.WriteLine(notes);
        }

        return exitCode;
    }
}
