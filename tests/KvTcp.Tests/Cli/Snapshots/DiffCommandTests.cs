using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

public sealed class DiffCommandTests
{
    private const string Kept = "11111111-9dad-41d1-80b4-00c04fd430c8";
    private const string Removed = "22222222-9dad-41d1-80b4-00c04fd430c8";
    private const string Changed = "33333333-9dad-41d1-80b4-00c04fd430c8";
    private const string Added = "44444444-9dad-41d1-80b4-00c04fd430c8";

    private const string Differences = $"- {Removed}\n+ {Added}\n~ {Changed}\n";
    private const string Counts = "added   1\nremoved 1\nchanged 1\nequal   1\n";

    private TemporaryDirectory _directory = null!;

    [SetUp]
    public async Task WriteFiles()
    {
        _directory = new TemporaryDirectory();
        _directory.Write("a.data", $"{Kept} one\n{Removed} two\n{Changed} three\n");
        // The last line of a key counts, so the first value of the kept one does not.
        _directory.Write("b.data", $"{Kept} other\n{Added} four\n{Changed} THREE\n{Kept} one\n");
        foreach (string name in (string[])["a", "b"])
        {
            Assert.That((await RunAsync("build", $"{name}.data", "-o", $"{name}.kvs")).ExitCode, Is.Zero);
        }
    }

    [TearDown]
    public void RemoveDirectory() => _directory.Dispose();

    [TestCase("a.data", "b.data")]
    [TestCase("a.kvs", "b.kvs")]
    [TestCase("a.data", "b.kvs")]
    [TestCase("a.kvs", "b.data")]
    public async Task Diff_prints_each_difference_and_the_counts_and_ends_with_1(string a, string b)
    {
        ProcessResult result = await RunAsync("diff", a, b);
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((1, "")));
        string[] lines = result.Output.Split('\n');
        Assert.That(lines[..3].Order(StringComparer.Ordinal), Is.EqualTo(Differences.Split('\n')[..3].Order(StringComparer.Ordinal)));
        Assert.That(string.Join('\n', lines[3..]), Is.EqualTo(Counts));
    }

    [Test]
    public async Task Diff_that_is_brief_prints_the_counts()
    {
        ProcessResult result = await RunAsync("diff", "--brief", "a.kvs", "b.data");
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((1, Counts)), result.Error);
    }

    [Test]
    public async Task Diff_of_equal_pairs_in_two_formats_ends_with_0()
    {
        ProcessResult result = await RunAsync("diff", "b.data", "b.kvs");
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((0, "added   0\nremoved 0\nchanged 0\nequal   3\n")), result.Error);
    }

    [Test]
    public async Task Diff_takes_one_side_from_standard_input()
    {
        ProcessResult result = await KvTcpProgram.RunInShellAsync("\"$kvtcp\" diff - a.data < a.kvs", _directory.Root);
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        (await RunAsync("diff", "-", "-")).AssertError(64, "standard input (-) is given more than once");
    }

    [Test]
    public async Task Diff_with_a_damaged_snapshot_ends_with_65_and_prints_no_difference()
    {
        byte[] bytes = await File.ReadAllBytesAsync(_directory.PathOf("b.kvs"));
        bytes[4096] ^= 1;
        await File.WriteAllBytesAsync(_directory.PathOf("b.kvs"), bytes);
        ProcessResult result = await RunAsync("diff", "a.kvs", "b.kvs");
        result.AssertError(65, "b.kvs", "is damaged");
        Assert.That(result.Output, Is.Empty);
    }

    [Test]
    public async Task Diff_with_a_missing_file_ends_with_66() => (await RunAsync("diff", "a.kvs", "none")).AssertError(66, "none", "does not exist");

    [Test]
    public async Task Diff_of_one_file_ends_with_64() => (await RunAsync("diff", "a.kvs")).AssertError(64, "diff");

    [Test]
    public async Task Diff_whose_reader_goes_ends_without_a_word()
    {
        using SnapshotSampleFile sample = new(50_000);
        _directory.Write("empty.data", "");
        ProcessResult result = await KvTcpProgram.RunInShellAsync(
            $"\"$kvtcp\" diff empty.data '{sample.Path}' | head -n 1; echo ${{PIPESTATUS[0]}}", _directory.Root);
        Assert.That((result.Error, result.Output[..2]), Is.EqualTo(("", "+ ")));
        Assert.That(result.Output, Does.EndWith("\n0\n"));
    }

    private Task<ProcessResult> RunAsync(params string[] arguments) =>
        ProcessRun.RunAsync(KvTcpProgram.Path, arguments, directory: _directory.Root);
}
