using System.CommandLine;
using System.Text;

namespace KvTcp.Cli;

/// <summary>What zsh completes.</summary>
internal static class ZshCompletion
{
    /// <summary>Writes the script, for a directory of <c>fpath</c> as <c>_kvtcp</c>.</summary>
    /// <param name="root">The program.</param>
    public static string Write(RootCommand root)
    {
        StringBuilder script = new("#compdef kvtcp\n# Completion of kvtcp for zsh, made by `kvtcp completion zsh`.\n_kvtcp() {\n    local state\n    _arguments -C \\\n");
        AppendOptions(script, OptionText.Of(root, root), "        ");
        script.Append("        '1:command:->command' \\\n        '*::argument:->arguments'\n    case $state in\n    command)\n        local -a commands=(\n");
        foreach (Command command in root.Subcommands)
        {
            script.Append($"            {Quoted($"{command.Name}:{command.Description}")}\n");
        }

        script.Append("        )\n        _describe command commands\n        ;;\n    arguments)\n        case $words[1] in\n");
        foreach (Command command in root.Subcommands)
        {
            script.Append($"        {command.Name})\n            _arguments \\\n");
            AppendOptions(script, OptionText.Of(root, command), "                ");
            IReadOnlyList<string> words = OptionText.WordsOfArguments(command);
            script.Append($"                '*:argument:{(words.Count > 0 ? $"({string.Join(' ', words)})" : "_files")}'\n            ;;\n");
        }

        return script.Append("        esac\n        ;;\n    esac\n}\n_kvtcp \"$@\"\n").ToString();
    }

    private static void AppendOptions(StringBuilder script, IReadOnlyList<OptionText> options, string indent)
    {
        foreach (OptionText option in options)
        {
            string action = option.Words.Count > 0 ? $"({string.Join(' ', option.Words)})" : option.IsPath ? "_files" : " ";
            string value = option.Value is null ? "" : $":{(option.NeedsValue ? "" : ":")}{option.Value.Replace(":", "\\:", StringComparison.Ordinal)}:{action}";
            foreach (string name in option.Names)
            {
                script.Append($"{indent}{Quoted($"*{name}[{Escaped(option.Description)}]{value}")} \\\n");
            }
        }
    }

    private static string Escaped(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("[", "\\[", StringComparison.Ordinal).Replace("]", "\\]", StringComparison.Ordinal)
            .Replace(":", "\\:", StringComparison.Ordinal);

    private static string Quoted(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
