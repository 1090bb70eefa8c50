using System.CommandLine;
using System.Text;

namespace KvTcp.Cli;

/// <summary>What fish completes.</summary>
internal static class FishCompletion
{
    /// <summary>Writes the script.</summary>
    /// <param name="root">The program.</param>
    public static string Write(RootCommand root)
    {
        StringBuilder script = new("# Completion of kvtcp for fish, made by `kvtcp completion fish`.\n");
        AppendOptions(script, OptionText.Of(root, root), "__fish_use_subcommand");
        foreach (Command command in root.Subcommands)
        {
            script.Append($"complete -c kvtcp -n __fish_use_subcommand -f -a {command.Name} -d {Quoted(command.Description ?? "")}\n");
            string condition = Quoted($"__fish_seen_subcommand_from {command.Name}");
            AppendOptions(script, OptionText.Of(root, command), condition);
            IReadOnlyList<string> words = OptionText.WordsOfArguments(command);
            if (words.Count > 0)
            {
                script.Append($"complete -c kvtcp -n {condition} -f -a {Quoted(string.Join(' ', words))}\n");
            }
        }

        return script.ToString();
    }

    private static void AppendOptions(StringBuilder script, IReadOnlyList<OptionText> options, string condition)
    {
        foreach (OptionText option in options)
        {
            string names = string.Join(' ', option.Names.Select(static name => name.StartsWith("--", StringComparison.Ordinal) ? $"-l {name[2..]}" : $"-s {name[1..]}"));
            string value = option.Words.Count > 0 ? $" -x -a {Quoted(string.Join(' ', option.Words))}"
                : option.IsPath ? " -r -F"
                : option.NeedsValue ? " -x"
                : "";
            script.Append($"complete -c kvtcp -n {condition} {names}{value} -d {Quoted(option.Description)}\n");
        }
    }

    private static string Quoted(string text) =>
        $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
}
