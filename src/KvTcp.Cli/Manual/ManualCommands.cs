using System.CommandLine;

namespace KvTcp.Cli;

/// <summary><c>kvtcp completion</c> and <c>kvtcp man</c>: what is made of the definitions of the commands for those who install the program.</summary>
internal static class ManualCommands
{
    private const string CompletionExamples = """
        kvtcp completion bash > /etc/bash_completion.d/kvtcp
        kvtcp completion zsh > /usr/local/share/zsh/site-functions/_kvtcp
        kvtcp completion fish > ~/.config/fish/completions/kvtcp.fish
        """;

    private const string ManExamples = """
        kvtcp man > /usr/local/share/man/man1/kvtcp.1
        """;

    /// <summary>Makes the command that writes completions.</summary>
    public static Command CreateCompletion()
    {
        Argument<string> shell = new("shell") { HelpName = "bash|zsh|fish", Description = "The shell" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        DocumentedCommand command = new("completion", "Print what completes command lines in a shell.", CompletionExamples) { shell };
        command.SetAction(result => result.InvocationConfiguration.Output.Write(result.GetValue(shell) switch
        {
            "bash" => BashCompletion.Write(CommandLine.Create()),
            "zsh" => ZshCompletion.Write(CommandLine.Create()),
            _ => FishCompletion.Write(CommandLine.Create()),
        }));
        return command;
    }

    /// <summary>Makes the command that writes the manual page.</summary>
    public static Command CreateMan()
    {
        DocumentedCommand command = new("man", "Print the manual page.", ManExamples);
        command.SetAction(static result => result.InvocationConfiguration.Output.Write(ManualPage.Write(CommandLine.Create(), CommandRun.Version)));
        return command;
    }
}
