using System.Runtime.Versioning;
using KvTcp.Store;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

[UnsupportedOSPlatform("windows")]
public sealed class InspectCommandTests
{
    private SnapshotSampleFile _sample = null!;

    [SetUp]
    public void Build() => _sample = new SnapshotSampleFile(1000);

    [TearDown]
    public void Remove() => _sample.Dispose();

    [Test]
    public async Task Inspect_shows_the_header()
    {
        ProcessResult result = await KvTcpProgram.RunAsync("inspect", _sample.Path);
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        Dictionary<string, string> values = NameValueLines.Of(result.Output);
        SnapshotInfo info = _sample.Info;
        using (Assert.EnterMultipleScope())
        {
            Assert.That((values["format_version"], values["pairs"], values["longest_value"]), Is.EqualTo(("1", "1000", "70")));
            Assert.That(values["dataset_id"], Is.EqualTo(info.Id.ToString()));
            Assert.That(values["file_bytes"], Is.EqualTo($"{info.FileLength}"));
            Assert.That(values["value_bytes"], Is.EqualTo($"{info.Statistics.ValueBytes}"));
            Assert.That(values["version_4_keys"], Is.EqualTo("yes"));
            Assert.That(DateTimeOffset.Parse(values["built"]), Is.EqualTo(info.Built));
            Assert.That(values, Does.Not.ContainKey("verified"));
        }
    }

    [Test]
    public async Task Inspect_verifies_a_whole_snapshot()
    {
        ProcessResult result = await KvTcpProgram.RunAsync("inspect", "--verify", _sample.Path);
        Assert.That((result.ExitCode, NameValueLines.Of(result.Output)["verified"]), Is.EqualTo((0, "yes")), result.Error);
    }

    [Test]
    public async Task Inspect_that_verifies_shows_the_header_and_says_where_the_damage_is()
    {
        _sample.Flip(60_000);
        ProcessResult result = await KvTcpProgram.RunAsync("inspect", "--verify", _sample.Path);
        result.AssertError(65, _sample.Path, "is damaged in its slots or records, bytes 4096 to ", "1 of 1 blocks", "build it again");
        Assert.That(NameValueLines.Of(result.Output)["pairs"], Is.EqualTo("1000"));
        Assert.That((await KvTcpProgram.RunAsync("inspect", _sample.Path)).ExitCode, Is.Zero, "only the header is read");
    }

    [Test]
    public async Task Inspect_of_a_data_file_ends_with_65() =>
        (await KvTcpProgram.RunAsync("inspect", _sample.TextPath)).AssertError(65, _sample.TextPath, "is no snapshot", "kvtcp build");

    [Test]
    public async Task Inspect_of_an_emptied_file_ends_with_65()
    {
        File.WriteAllBytes(_sample.Path, []);
        (await KvTcpProgram.RunAsync("inspect", _sample.Path)).AssertError(65, _sample.Path, "is no snapshot");
    }

    [Test]
    public async Task Inspect_of_a_directory_ends_with_66() =>
        (await KvTcpProgram.RunAsync("inspect", Path.GetDirectoryName(_sample.Path)!)).AssertError(66, "is a directory");

    [Test]
    public async Task Inspect_of_a_missing_file_ends_with_66() =>
        (await KvTcpProgram.RunAsync("inspect", _sample.Path + "x")).AssertError(66, "does not exist");

    [Test]
    public async Task Inspect_of_standard_input_ends_with_64() =>
        (await KvTcpProgram.RunAsync("inspect", "-")).AssertError(64, "name its file");

    [TestCase("inspect")]
    [TestCase("check")]
    [TestCase("serve --data")]
    public async Task Unreadable_snapshot_ends_with_66(string command)
    {
        File.SetUnixFileMode(_sample.Path, UnixFileMode.None);
        ProcessResult result = await KvTcpProgram.RunInShellAsync(
            $"{OrdinaryRights.Prefix}\"$kvtcp\" {command} some.kvs 2>&1 >/dev/null | tail -n 1 >&2; exit ${{PIPESTATUS[0]}}", Path.GetDirectoryName(_sample.Path));
        result.AssertError(66, "some.kvs", "check its permissions");
    }
}
