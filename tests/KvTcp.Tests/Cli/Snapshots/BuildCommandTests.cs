using System.Runtime.Versioning;
using KvTcp.Store;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

[UnsupportedOSPlatform("windows")]
public sealed class BuildCommandTests : TestsWithFiles
{
    private const string First = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    private const string Second = "6ba7b811-9dad-41d1-80b4-00c04fd430c8";

    [Test]
    public async Task Build_makes_one_snapshot_of_several_files_and_says_what_is_in_it()
    {
        string a = Files.Write("a.data", $"{First} one\n\n{First} two\n");
        string b = Files.Write("b.data", $"{Second} three\n");
        string path = Files.PathOf("all.kvs");
        ProcessResult result = await KvTcpProgram.RunAsync("build", a, b, "-o", path);
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        Dictionary<string, string> values = NameValueLines.Of(result.Output);
        SnapshotInfo info = SnapshotFile.Verify(path);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((values["lines"], values["pairs"], values["duplicate_lines"], values["blank_lines"]), Is.EqualTo(("4", "2", "1", "1")));
            Assert.That(values["dataset_id"], Is.EqualTo(info.Id.ToString()));
            Assert.That(values["file_bytes"], Is.EqualTo($"{new FileInfo(path).Length}"));
            Assert.That(NameValueLines.Of((await KvTcpProgram.RunAsync("check", a, b)).Output)["dataset_id"], Is.EqualTo(values["dataset_id"]));
        }
    }

    [Test]
    public async Task Build_reads_standard_input()
    {
        string path = Files.PathOf("some.kvs");
        ProcessResult result = await KvTcpProgram.RunWithInputAsync($"{First} one\n", "build", "-", "-o", path);
        Assert.That((result.ExitCode, SnapshotFile.Verify(path).Pairs), Is.EqualTo((0, 1L)), result.Error);
    }

    [Test]
    public async Task Build_with_bad_lines_ends_with_65_and_writes_nothing()
    {
        string bad = Files.Write("bad.data", $"{First} one\nbad\n");
        string path = Files.PathOf("some.kvs");
        (await KvTcpProgram.RunAsync("build", bad, "-o", path)).AssertError(65, $"{bad}:2: ", "--on-bad-line");
        Assert.That(Directory.GetFiles(Files.Root), Has.Length.EqualTo(1));
        ProcessResult skipping = await KvTcpProgram.RunAsync("build", bad, "-o", path, "--on-bad-line", "skip");
        Assert.That((skipping.ExitCode, NameValueLines.Of(skipping.Output)["bad_lines"]), Is.EqualTo((0, "1")), skipping.Error);
    }

    [Test]
    public async Task Build_from_a_damaged_snapshot_does_not_give_it_right_checksums()
    {
        using SnapshotSampleFile sample = new(100);
        sample.Flip(9000);
        (await KvTcpProgram.RunAsync("build", sample.Path, "-o", Files.PathOf("again.kvs"))).AssertError(65, sample.Path, "is damaged in its ");
        Assert.That(Directory.GetFiles(Files.Root), Is.Empty);
    }

    [TestCase("-", 64, "name it")]
    [TestCase("none/some.kvs", 74, "its directory does not exist")]
    [TestCase(".", 74, "is a directory")]
    [TestCase("/dev/null", 74, "is a device or a pipe")]
    public async Task Build_to_a_place_that_cannot_hold_a_file_fails(string output, int exitCode, string words)
    {
        string data = Files.Write("some.data", $"{First} one\n");
        ProcessResult result = await ProcessRun.RunAsync(KvTcpProgram.Path, ["build", data, "-o", output], directory: Files.Root);
        result.AssertError(exitCode, words);
        Assert.That(Directory.GetFileSystemEntries(Files.Root), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task Build_into_aFiles_without_permission_ends_with_74()
    {
        string data = Files.Write("some.data", $"{First} one\n");
        Directory.CreateDirectory(Files.PathOf("locked"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        ProcessResult result = await KvTcpProgram.RunInShellAsync($"{OrdinaryRights.Prefix}\"$kvtcp\" build '{data}' -o locked/some.kvs", Files.Root);
        result.AssertError(74, "locked/some.kvs", "permission denied");
    }

    [Test]
    public async Task Build_beyond_the_file_size_limit_ends_with_74_and_leaves_the_old_snapshot()
    {
        string path = Files.Write("some.kvs", "before");
        string data = await GenerateAsync(20_000);
        ProcessResult result = await KvTcpProgram.RunInShellAsync(
            // Two variables of .NET that keep its own files, which count too, below the limit.
            "trap '' XFSZ; ulimit -f 64; export DOTNET_EnableWriteXorExecute=0 DOTNET_EnableDiagnostics=0; " +
            $"exec \"$kvtcp\" build '{data}' -o some.kvs",
            Files.Root);
        result.AssertError(74, "some.kvs", "too large");
        await AssertOldAndNothingElseAsync(path);
    }

    [Test]
    public async Task Build_onto_a_full_disk_ends_with_74_and_leaves_the_old_snapshot()
    {
        string data = await GenerateAsync(20_000);
        Directory.CreateDirectory(Files.PathOf("disk"));
        string user = Environment.IsPrivilegedProcess ? "" : "-r ";
        ProcessResult result = await KvTcpProgram.RunInShellAsync(
            // A file system of 1 MiB that only these commands see, and that goes with them.
            $"exec unshare {user}-m bash -c 'mount -t tmpfs -o size=1m none disk && echo before > disk/some.kvs && " +
            $"\"$kvtcp\" build \"{data}\" -o disk/some.kvs; code=$?; ls -A disk; cat disk/some.kvs; exit $code'",
            Files.Root);
        result.AssertError(74, "disk/some.kvs cannot be written", "No space left on device");
        Assert.That(result.Output, Is.EqualTo("some.kvs\nbefore\n"));
    }

    [TestCase(64, Description = "before the header, which is written last")]
    [TestCase(5 << 10, Description = "in the middle")]
    [TestCase(13_000, Description = "near the end")]
    public async Task Build_that_a_signal_ends_while_it_writes_leaves_the_old_snapshot_and_the_next_build_clears_up(int kibibytes)
    {
        string data = await GenerateAsync(200_000);
        string path = Files.Write("some.kvs", "before");
        // The signal of the file size limit ends the process in the middle of a write, as SIGKILL would, and always there.
        ProcessResult killed = await KvTcpProgram.RunInShellAsync(
            $"ulimit -c 0 -f {kibibytes}; export DOTNET_EnableWriteXorExecute=0 DOTNET_EnableDiagnostics=0; exec \"$kvtcp\" build '{data}' -o some.kvs",
            Files.Root);
        Assert.That(killed.ExitCode, Is.EqualTo(153), killed.Error);
        Assert.That(await File.ReadAllTextAsync(path), Is.EqualTo("before"));
        Assert.That(File.Exists(path + ".partial"), Is.True);
        Assert.That((await KvTcpProgram.RunAsync("build", data, "-o", path)).ExitCode, Is.Zero);
        Assert.That(SnapshotFile.Verify(path).Pairs, Is.EqualTo(200_000L));
        Assert.That(File.Exists(path + ".partial"), Is.False);
    }

    [Test]
    public async Task Build_that_is_killed_leaves_the_old_snapshot_or_the_new_one()
    {
        string data = await GenerateAsync(200_000);
        string path = Files.PathOf("some.kvs");
        Assert.That((await KvTcpProgram.RunAsync("build", Files.Write("old.data", $"{First} one\n"), "-o", path)).ExitCode, Is.Zero);
        for (int round = 0; round < 5; round++)
        {
            ProcessResult killed = await KvTcpProgram.RunInShellAsync(
                $"\"$kvtcp\" build '{data}' -o some.kvs & build=$!; " +
                "until [ -e some.kvs.partial ] || ! kill -0 $build; do :; done; kill -9 $build; wait $build; echo $?",
                Files.Root);
            Assert.That(killed.Output, Does.EndWith("137\n").Or.EndWith("0\n"), "killed, or already done");
            Assert.That(SnapshotFile.Verify(path).Pairs, Is.EqualTo(1L).Or.EqualTo(200_000L));
        }
    }

    [TestCase(2, 130)]
    [TestCase(15, 143)]
    public async Task Build_that_is_interrupted_ends_with_128_and_the_signal(int signal, int exitCode)
    {
        using ProcessRun run = ProcessRun.Start(KvTcpProgram.Path, ["build", "-", "-o", Files.PathOf("some.kvs"), "--on-bad-line", "skip"]);
        // It has its handlers when it reads more than a pipe holds.
        await run.Input.WriteAsync(new byte[1 << 20]);
        run.Signal(signal);
        ProcessResult result = await run.EndAsync();
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((exitCode, "")));
        Assert.That(Directory.GetFiles(Files.Root), Is.Empty);
    }

    [Test]
    public async Task Two_builds_of_one_snapshot_leave_a_whole_one()
    {
        string one = await GenerateAsync(50_000);
        string path = Files.PathOf("some.kvs");
        ProcessResult[] results = await Task.WhenAll(
            KvTcpProgram.RunAsync("build", one, "-o", path), KvTcpProgram.RunAsync("build", one, "-o", path));
        foreach (ProcessResult failed in results.Where(static result => result.ExitCode != 0))
        {
            failed.AssertError(74, path, "is being written by another process");
        }

        Assert.That(results.Select(static result => result.ExitCode), Has.Some.Zero);
        Assert.That(SnapshotFile.Verify(path).Pairs, Is.EqualTo(50_000L));
        Assert.That(File.Exists(path + ".partial"), Is.False);
    }

    private async Task<string> GenerateAsync(int count)
    {
        string path = Files.PathOf("generated.data");
        Assert.That((await KvTcpProgram.RunAsync("generate", "--count", $"{count}", "-o", path)).ExitCode, Is.Zero);
        return path;
    }

    private async Task AssertOldAndNothingElseAsync(string path)
    {
        Assert.That(await File.ReadAllTextAsync(path), Is.EqualTo("before"));
        Assert.That(Directory.GetFiles(Files.Root).Select(Path.GetFileName), Is.EquivalentTo(["generated.data", "some.kvs"]));
    }
}
