using System.Text.RegularExpressions;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>docs/failures.md says of each failure how it is tested: what it links to is there, and has a test of that name.</summary>
[TestFixture]
public sealed partial class FailuresDocumentTests
{
    private static string[] Lines => Repository.ReadText("docs/failures.md").Split('\n');

    [Test]
    public void Every_test_that_is_linked_exists()
    {
        (string Name, string File)[] tests = [.. Lines.SelectMany(TestsIn)];
        Assert.That(tests, Has.Length.GreaterThan(60));
        string[] missing =
        [
            .. tests.Where(static test => !File.Exists(test.File) || !HasTest(File.ReadAllText(test.File), test.Name))
                .Select(static test => $"{test.Name} in {test.File}"),
        ];
        Assert.That(missing, Is.Empty);
    }

    [Test]
    public void Every_failure_has_a_test()
    {
        string[] rows = [.. Lines.Where(static line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| failure ", StringComparison.Ordinal))];
        Assert.That(rows, Has.Length.GreaterThan(40));
        Assert.That(rows.Where(static row => !TestsIn(row).Any()), Is.Empty);
    }

    private static bool HasTest(string code, string name) => code.Contains($" {name}(", StringComparison.Ordinal);

    private static IEnumerable<(string Name, string File)> TestsIn(string line) => TestLink().Matches(line)
        .Select(static link => (link.Groups["name"].Value, Path.GetFullPath(Path.Combine(Repository.PathOf("docs"), link.Groups["file"].Value))));

    [GeneratedRegex(@"\[(?<name>[A-Za-z0-9_]+)\]\((?<file>\.\./tests/[^)#]+\.cs)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TestLink();
}
