using System.Text;
using System.Text.RegularExpressions;
using KvTcp.Protocol;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Protocol;

/// <summary>docs/protocol.md is the contract: what it lists and what the code knows are the same.</summary>
[TestFixture]
public class ProtocolDocumentTests
{
    private static readonly string Document = Repository.ReadText("docs/protocol.md");

    [Test]
    public void Commands_section_lists_every_command_and_no_other()
    {
        string[] rows = [.. Section("Commands").Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal))];
        IEnumerable<string> listed = rows.SelectMany(row =>
            Regex.Matches(row.Split('|')[1], "`(?<word>[A-Z]+)", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1))
                .Select(match => match.Groups["word"].Value));

        Assert.That(listed, Is.EquivalentTo(Enumerable.Range(1, CommandTable.Count)
            .Select(command => Encoding.ASCII.GetString(CommandTable.Word((Command)command)))));
    }

    [TestCase("Grammar", "\"(?<code>[A-Z_]+)\"", Description = "the codes in the grammar")]
    [TestCase("Errors, and who closes", "^\\| `(?<code>[A-Z_]+)`", Description = "the rows of the table")]
    public void Errors_are_listed_completely(string section, string pattern)
    {
        string[] notCodes = ["OK", "NOT_FOUND", "ERR", "LINES"];
        IEnumerable<string> listed = Regex
            .Matches(Section(section), pattern, RegexOptions.Multiline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1))
            .Select(match => match.Groups["code"].Value).Except(notCodes, StringComparer.Ordinal);

        Assert.That(listed, Is.EquivalentTo(Enum.GetValues<ErrorCode>().Where(code => code != ErrorCode.Unrecognized)
            .Select(code => Encoding.ASCII.GetString(ErrorCodeText.Get(code)))));
    }

    [Test]
    public void Line_limit_is_the_one_of_the_code() =>
        Assert.That(Section("Grammar"), Does.Contain($"at most {LineFraming.MaxRequestLine:N0} bytes including its LF"));

    private static string Section(string title)
    {
        int start = Document.IndexOf($"\n## {title}\n", StringComparison.Ordinal);
        Assert.That(start, Is.Not.Negative, $"docs/protocol.md has a section {title}");
        int end = Document.IndexOf("\n## ", start + 1, StringComparison.Ordinal);
        return end < 0 ? Document[start..] : Document[start..end];
    }
}
