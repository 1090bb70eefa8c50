using KvTcp.Cli;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

/// <summary>Holds docs/command-line.md to the program.</summary>
public sealed class CommandLineDocumentTests
{
    private static readonly string[] Lines = File.ReadAllLines(Repository.PathOf("docs/command-line.md"));

    private static IEnumerable<Setting> Settings => KnownSettings.All;

    [TestCaseSource(nameof(Settings))]
    public void Every_setting_has_its_row(object setting)
    {
        Setting known = (Setting)setting;
        string variables = $"`{known.EnvironmentName}`" + (known.SecondEnvironmentName is string second ? $", `{second}`" : "");
        string defaultCell = known.DefaultText.Length > 0 ? $" `{known.DefaultText}` " : " ";
        string row = $"| `{known.Option.Name} {known.Option.HelpName!.Replace("|", "\\|", StringComparison.Ordinal)}` |{defaultCell}| {variables} | `{known.FileName}` |";
        Assert.That(Lines.Count(line => line.StartsWith(row, StringComparison.Ordinal)), Is.EqualTo(1), row);
    }

    [Test]
    public void Every_option_that_has_a_row_exists()
    {
        HashSet<string> documented = [.. Lines.Where(static l => l.StartsWith("| `--", StringComparison.Ordinal)).Select(static l => l.Split('`', ' ')[2])];
        HashSet<string> known = [.. CommandLine.Create().Subcommands.SelectMany(static c => c.Options).Select(static o => o.Name)];
        Assert.That(documented, Is.EquivalentTo(known));
    }

    [Test]
    public void Every_command_has_its_section() =>
        Assert.That(
            CommandLine.Create().Subcommands.Select(static c => $"## {c.Name}").Except(Lines, StringComparer.Ordinal), Is.Empty);

    [TestCase(ExitCode.Success)]
    [TestCase(ExitCode.NotFound)]
    [TestCase(ExitCode.Usage)]
    [TestCase(ExitCode.BadData)]
    [TestCase(ExitCode.NoInput)]
    [TestCase(ExitCode.Unavailable)]
    [TestCase(ExitCode.Bug)]
    [TestCase(ExitCode.InputOutput)]
    public void Every_exit_code_has_its_row(int exitCode) =>
        Assert.That(Lines.Count(line => line.StartsWith($"| {exitCode} | ", StringComparison.Ordinal)), Is.EqualTo(1));
}
