using System.CommandLine;
using System.Text;

namespace KvTcp.Cli;

/// <summary>The manual page kvtcp(1), in the macros of man(7).</summary>
internal static class ManualPage
{
    /// <summary>Writes the page.</summary>
    /// <param name="root">The program.</param>
    /// <param name="version">Its version.</param>
    public static string Write(RootCommand root, string version)
    {
        StringBuilder page = new($".TH KVTCP 1 \"\" \"kvtcp {version}\" \"User Commands\"\n.SH NAME\nkvtcp \\- {Text(root.Description!).TrimEnd('.')}\n.SH SYNOPSIS\n");
        page.AppendJoin(
            ".br\n",
            root.Subcommands.Select(static command => $".B kvtcp {Text(command.Name)}\n[\\fIoptions\\fR]{Arguments(command)}\n"));
        page.Append(".SH OPTIONS\n");
        AppendOptions(page, OptionText.Of(root, root));
        page.Append(".SH COMMANDS\n");
        foreach (Command command in root.Subcommands)
        {
            page.Append($".SS kvtcp {Text(command.Name)}{Arguments(command)}\n{Line(command.Description!)}\n");
            AppendOptions(page, OptionText.Of(root, command));
            if (command is DocumentedCommand documented)
            {
                if (documented.Notes is string notes)
                {
                    page.Append($".PP\n{string.Join('\n', notes.Split('\n').Select(Line))}\n");
                }

                page.Append($".PP\nExamples:\n.PP\n.nf\n{string.Join('\n', documented.Examples.Split('\n').Select(static e => "    " + Text(e)))}\n.fi\n");
            }
        }

        return page.Append(".SH FILES\nappsettings.json in the current directory may hold settings, in its section KvTcp.\n").ToString();
    }

    private static void AppendOptions(StringBuilder page, IReadOnlyList<OptionText> options)
    {
        foreach (OptionText option in options)
        {
            string names = string.Join(", ", option.Names.Select(static name => $"\\fB{Text(name)}\\fR"));
            string value = option.Value is null ? "" : $" {(option.NeedsValue ? "" : "[")}\\fI{Text(option.Value)}\\fR{(option.NeedsValue ? "" : "]")}";
            page.Append($".TP\n{names}{value}\n{Line(option.Description)}\n");
            if (KnownSettings.All.FirstOrDefault(s => string.Equals(s.Option.Name, option.Name, StringComparison.Ordinal)) is Setting setting)
            {
                page.Append($".br\nEnvironment: {Text(setting.EnvironmentName)}{(setting.SecondEnvironmentName is string second ? $", {Text(second)}" : "")}.\n");
            }
        }
    }

    private static string Arguments(Command command) =>
        string.Concat(command.Arguments.Select(static argument => $" \\fI{Text(argument.HelpName ?? argument.Name.ToUpperInvariant())}\\fR"));

    /// <summary>A line of its own, which must not begin like a request of the formatter.</summary>
    private static string Line(string text)
    {
        string line = Text(text.Trim());
        return line is ['.' or '\'', ..] ? "\\&" + line : line;
    }

    private static string Text(string text) =>
        text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal).Replace("'", "\\(aq", StringComparison.Ordinal);
}
