using System.CommandLine;
using System.Text;

namespace KvTcp.Cli;

/// <summary>What bash completes. It offers files wherever no words are known.</summary>
internal static class BashCompletion
{
    private const string Start = """
        # Completion of kvtcp for bash, made by `kvtcp completion bash`.
        _kvtcp() {
            local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command= word words=
            for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
                case $word in
        """;

    private const string End = """
            mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
        }
        complete -o default -F _kvtcp kvtcp
        """;

    /// <summary>Writes the script.</summary>
    /// <param name="root">The program.</param>
    public static string Write(RootCommand root)
    {
        StringBuilder script = new(Start);
        script.Append($"\n        {string.Join('|', root.Subcommands.Select(static c => c.Name))})\n            command=$word\n            break\n            ;;\n");
        script.Append("        esac\n    done\n    COMPREPLY=()\n    case $command:$previous in\n");
        foreach (Command command in root.Subcommands)
        {
            IReadOnlyList<OptionText> options = OptionText.Of(root, command);
            foreach (OptionText option in options.Where(static option => option.Words.Count > 0))
            {
                Append(script, string.Join('|', option.Names.Select(name => $"{command.Name}:{name}")), option.Words);
            }

            IEnumerable<string> others = options.Where(static option => option.Words.Count == 0 && option.NeedsValue).SelectMany(static option => option.Names);
            if (others.Any())
            {
                script.Append($"    {string.Join('|', others.Select(name => $"{command.Name}:{name}"))})\n        return\n        ;;\n");
            }
        }

        script.Append("    *)\n        case $command in\n");
        foreach (Command command in root.Subcommands)
        {
            IReadOnlyList<string> words = OptionText.WordsOfArguments(command);
            string names = string.Join(' ', OptionText.Of(root, command).SelectMany(static option => option.Names));
            script.Append($"        {command.Name}) words=\"{string.Join(' ', words)}\"; [[ $current != -* ]] || words=\"{names}\" ;;\n");
        }

        Append(script, "    *", [.. root.Subcommands.Select(static c => c.Name), .. OptionText.Of(root, root).SelectMany(static option => option.Names)]);
        return script.Append("        esac\n        ;;\n    esac\n").Append(End).Append('\n').ToString();
    }

    private static void Append(StringBuilder script, string pattern, IReadOnlyList<string> words) =>
        script.Append($"    {pattern}) words=\"{string.Join(' ', words)}\" ;;\n");
}
