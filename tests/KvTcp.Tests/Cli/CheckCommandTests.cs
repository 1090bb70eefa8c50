using System.IO.Compression;
using System.Runtime.Versioning;
using System.Text;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

[UnsupportedOSPlatform("windows")]
public sealed class CheckCommandTests : TestsWithFiles
{
    private const string First = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    private const string Second = "6ba7b810-9dad-41d1-80b4-00c04fd430c9";

    [Test]
    public async Task Check_of_good_files_prints_their_counts()
    {
        string a = Files.Write("a.data", $"{First} one\n\n{Second} two\n");
        string b = Files.Write("b.data", $"{First} three\n");
        ProcessResult result = await KvTcpProgram.RunAsync("check", a, b);
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        Dictionary<string, string> values = Values(result);
        Assert.That(values.Keys, Is.EqualTo(
            ["files", "lines", "pairs", "blank_lines", "duplicate_lines", "bad_lines", "bytes_read", "value_bytes", "memory_bytes", "longest_probe", "dataset_id", "seconds"]));
        Assert.That(
            (values["files"], values["lines"], values["pairs"], values["blank_lines"], values["duplicate_lines"], values["bad_lines"]),
            Is.EqualTo(("2", "4", "2", "1", "1", "0")));
        Assert.That(values["bytes_read"], Is.EqualTo($"{new FileInfo(a).Length + new FileInfo(b).Length}"));
        Assert.That(values["value_bytes"], Is.EqualTo("8"), "three and two");
        Assert.That(values["dataset_id"], Does.Match("^[0-9a-f]{16}$"));
    }

    [Test]
    public async Task Check_counts_all_bad_lines_names_them_and_ends_with_65()
    {
        string path = Files.Write("bad.data", $"{First} one\nbad\n{Second}\n");
        ProcessResult result = await KvTcpProgram.RunAsync("check", path);
        result.AssertError(65, $"{path}:2: ", "2 of 3 lines are bad", "--on-bad-line skip");
        Assert.That(Values(result)["bad_lines"], Is.EqualTo("2"));
        string[] last = result.Output.Split('\n')[^3..^1];
        Assert.That(last[0], Does.StartWith($"{path}:2: "));
        Assert.That(last[1], Does.StartWith($"{path}:3: "));
    }

    [Test]
    public async Task Check_with_bad_lines_to_skip_ends_with_0()
    {
        string path = Files.Write("bad.data", $"{First} one\nbad\n");
        ProcessResult result = await KvTcpProgram.RunAsync("check", path, "--on-bad-line", "skip");
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        Assert.That(Values(result)["bad_lines"], Is.EqualTo("1"));
    }

    [Test]
    public async Task Check_that_forbids_duplicates_prints_the_counts_and_ends_with_65()
    {
        string path = Files.Write("twice.data", $"{First} one\n{First} two\n");
        ProcessResult result = await KvTcpProgram.RunAsync("check", path, "--duplicates", "error");
        result.AssertError(65, $"{path}:2: ", First);
        Assert.That(Values(result)["duplicate_lines"], Is.EqualTo("1"));
        Assert.That(Values(result), Does.Not.ContainKey("dataset_id"));
    }

    [Test]
    public async Task Check_holds_keys_and_values_to_the_options()
    {
        string path = Files.Write("some.data", $"{First} one\n6ba7b810-9dad-11d1-80b4-00c04fd430c8 two\n{Second} three\n");
        ProcessResult result = await KvTcpProgram.RunAsync("check", path, "--uuid-version", "4", "--max-value-length", "4");
        result.AssertError(65, $"{path}:2: ", "2 of 3 lines");
    }

    [Test]
    public async Task Check_reads_gzip_from_standard_input()
    {
        using MemoryStream compressed = new();
        using (GZipStream gzip = new(compressed, CompressionMode.Compress))
        {
            gzip.Write(Encoding.UTF8.GetBytes($"{First} one\n"));
        }

        ProcessResult result = await ProcessRun.RunAsync(KvTcpProgram.Path, ["check", "-"], compressed.ToArray());
        Assert.That((result.ExitCode, Values(result)["pairs"]), Is.EqualTo((0, "1")));
    }

    [Test]
    public async Task Check_of_an_empty_file_finds_no_pairs()
    {
        ProcessResult result = await KvTcpProgram.RunAsync("check", Files.Write("empty.data", ""));
        Assert.That((result.ExitCode, Values(result)["pairs"], Values(result)["lines"]), Is.EqualTo((0, "0", "0")));
    }

    [Test]
    public async Task Check_of_a_missing_file_ends_with_66()
    {
        ProcessResult result = await KvTcpProgram.RunAsync("check", Files.PathOf("none.data"));
        result.AssertError(66, Files.PathOf("none.data"), "does not exist");
        Assert.That(result.OutputBytes, Is.Empty);
    }

    [Test]
    public async Task Check_of_aFiles_ends_with_66() =>
        (await KvTcpProgram.RunAsync("check", Files.Root)).AssertError(66, Files.Root, "is a directory");

    [Test]
    public async Task Check_of_an_unreadable_file_ends_with_66()
    {
        string path = Files.Write("secret.data", $"{First} one\n");
        File.SetUnixFileMode(path, UnixFileMode.None);
        ProcessResult result = await KvTcpProgram.RunInShellAsync($"{OrdinaryRights.Prefix}\"$kvtcp\" check secret.data", Files.Root);
        result.AssertError(66, "secret.data", "check its permissions");
    }

    [Test]
    public async Task Check_of_damaged_gzip_ends_with_65()
    {
        string path = Files.PathOf("damaged.gz");
        await File.WriteAllBytesAsync(path, [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xff, 0xff, 0xff, 0xff]);
        ProcessResult result = await KvTcpProgram.RunAsync("check", path);
        result.AssertError(65, path);
        Assert.That(result.Error, Does.Not.Contain("--on-bad-line").And.Not.Contain("--duplicates"), "no option helps");
    }

    [Test]
    public async Task Check_takes_policies_from_the_environment_and_the_settings_file()
    {
        string path = Files.Write("bad.data", "bad\n");
        Files.Write("appsettings.json", """{ "KvTcp": { "OnBadLine": "skip" } }""");
        ProcessResult fromFile = await ProcessRun.RunAsync(KvTcpProgram.Path, ["check", path], directory: Files.Root);
        Assert.That(fromFile.ExitCode, Is.Zero, fromFile.Error);
        Dictionary<string, string> environment = new(StringComparer.Ordinal) { ["KVTCP_ON_BAD_LINE"] = "stop", ["KVTCP_PORT"] = "tcp://10.0.0.1:7878" };
        ProcessResult fromEnvironment = await ProcessRun.RunAsync(KvTcpProgram.Path, ["check", path], null, Files.Root, environment);
        Assert.That(fromEnvironment.ExitCode, Is.EqualTo(65), "the variable goes before the file; KVTCP_PORT is not ours");
    }

    private static Dictionary<string, string> Values(ProcessResult result) => NameValueLines.Of(result.Output);
}
