using System.Diagnostics;
using System.Runtime.Versioning;
using KvTcp.Store;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Store;

/// <summary>A snapshot file appears, or replaces another, when it is complete, whoever else is at work.</summary>
public sealed class SnapshotWriterTests
{
    private TemporaryDirectory _directory = null!;
    private SnapshotSample _sample = null!;
    private Dataset _dataset = null!;

    [SetUp]
    public void Create()
    {
        _directory = new TemporaryDirectory();
        _sample = SnapshotSample.OfRandom(200);
        _dataset = SnapshotSample.Open(_sample.Path, SnapshotLoad.Copy).Dataset;
    }

    [TearDown]
    public void Remove()
    {
        _dataset.Dispose();
        _sample.Dispose();
        _directory.Dispose();
    }

    [Test]
    public void Writing_replaces_the_file_and_leaves_nothing_else()
    {
        string path = _directory.Write("some.kvs", "old");
        SnapshotInfo written = SnapshotWriter.Write(_dataset, path);
        Assert.That(SnapshotFile.Verify(path), Is.EqualTo(written));
        AssertOnlyFile("some.kvs");
    }

    [Test]
    public void Writing_to_a_link_replaces_the_file_that_it_names()
    {
        string path = _directory.Write("some.kvs", "old");
        File.CreateSymbolicLink(_directory.PathOf("link.kvs"), "some.kvs");
        SnapshotWriter.Write(_dataset, _directory.PathOf("link.kvs"));
        Assert.That(SnapshotFile.Verify(path).Id, Is.EqualTo(_sample.Id));
        Assert.That(new FileInfo(_directory.PathOf("link.kvs")).LinkTarget, Is.EqualTo("some.kvs"));
    }

    [TestCase("600", 0, Description = "what nobody else may read nobody else may read afterwards")]
    [TestCase("640", 12345, Description = "nor may its group change, if the system allows that")]
    [TestCase("664", 0, Description = "more than the umask would allow")]
    [TestCase("444", 0, Description = "nobody may write into what is served")]
    [UnsupportedOSPlatform("windows")]
    public void Writing_leaves_the_rights_of_the_file_that_is_replaced(string mode, int group)
    {
        string path = _directory.Write("some.kvs", "old");
        File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32(mode, 8));
        Assert.That(Environment.IsPrivilegedProcess ? Run("chgrp", $"{group}", path) : "", Is.Empty);
        string before = Run("stat", "-c", "%a %u %g", path);
        using (ReplacedFile file = ReplacedFile.Create(path))
        {
            string partial = before.Replace("444", "644", StringComparison.Ordinal);
            Assert.That(Run("stat", "-c", "%a %u %g", path + ".partial"), Is.EqualTo(partial), "from the first byte on, but that it is written");
        }

        SnapshotWriter.Write(_dataset, path);
        Assert.That(Run("stat", "-c", "%a %u %g", path), Is.EqualTo(before).And.StartsWith(mode));
    }

    [Test]
    public void Partial_file_of_a_killed_writer_is_taken_over()
    {
        _directory.Write("some.kvs.partial", new string('x', 1 << 20));
        SnapshotWriter.Write(_dataset, _directory.PathOf("some.kvs"));
        Assert.That(SnapshotFile.Verify(_directory.PathOf("some.kvs")).FileLength, Is.EqualTo(_sample.Bytes.Length));
        AssertOnlyFile("some.kvs");
    }

    [Test]
    public void Second_writer_of_a_file_fails_and_does_not_disturb_the_first()
    {
        string path = _directory.Write("some.kvs", "old");
        using (ReplacedFile first = ReplacedFile.Create(path))
        {
            Assert.That(
                () => SnapshotWriter.Write(_dataset, path),
                Throws.TypeOf<IOException>().With.Message.EqualTo($"{path} is being written by another process; wait for it, or end it"));
            Assert.That(File.Exists(path + ".partial"), Is.True);
            RandomAccess.Write(first.Handle, "new"u8, 0);
            first.Complete();
        }

        Assert.That(File.ReadAllText(path), Is.EqualTo("new"));
        AssertOnlyFile("some.kvs");
    }

    [Test]
    public void Writers_that_race_each_succeed_or_say_why_and_leave_one_whole_file()
    {
        string path = _directory.PathOf("some.kvs");
        int succeeded = 0;
        Parallel.For(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ =>
        {
            try
            {
                SnapshotWriter.Write(_dataset, path);
                Interlocked.Increment(ref succeeded);
            }
            catch (IOException exception)
            {
                Assert.That(exception.Message, Does.Contain("is being written by another process"));
            }
        });
        Assert.That(succeeded, Is.Positive);
        Assert.That(SnapshotFile.Verify(path).Id, Is.EqualTo(_sample.Id));
        AssertOnlyFile("some.kvs");
    }

    [Test]
    public void Cancelled_writing_leaves_the_old_file()
    {
        string path = _directory.Write("some.kvs", "old");
        Assert.That(
            () => SnapshotWriter.Write(_dataset, path, cancellationToken: new CancellationToken(canceled: true)),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(File.ReadAllText(path), Is.EqualTo("old"));
        AssertOnlyFile("some.kvs");
    }

    [Test]
    public void Directory_is_refused() =>
        Assert.That(
            () => SnapshotWriter.Write(_dataset, _directory.Root),
            Throws.TypeOf<IOException>().With.Message.EqualTo($"{_directory.Root} is a directory; name a file in it"));

    [Test]
    [Platform("Linux")]
    public void Device_is_refused_and_not_replaced()
    {
        Assert.That(() => SnapshotWriter.Write(_dataset, "/dev/null"), Throws.TypeOf<IOException>().With.Message.Contains("is a device"));
        Assert.That(File.Exists("/dev/null.partial"), Is.False);
    }

    [Test]
    public void Disposed_dataset_is_refused()
    {
        _dataset.Dispose();
        Assert.That(() => SnapshotWriter.Write(_dataset, _directory.PathOf("some.kvs")), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(Directory.GetFileSystemEntries(_directory.Root), Is.Empty);
    }

    [Test]
    public void Progress_ends_with_all_bytes()
    {
        List<LoadProgress> reports = [];
        SnapshotInfo info = SnapshotWriter.Write(_dataset, _directory.PathOf("some.kvs"), new Reports(reports));
        Assert.That(reports[^1].TotalBytes, Is.EqualTo(info.FileLength));
        Assert.That(reports[^1].BytesRead, Is.EqualTo(info.FileLength));
    }

    private static string Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        return process.StandardOutput.ReadToEnd();
    }

    private void AssertOnlyFile(string name) =>
        Assert.That(Directory.GetFileSystemEntries(_directory.Root).Select(Path.GetFileName), Is.EqualTo([name]));

    private sealed class Reports(List<LoadProgress> reports) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => reports.Add(value);
    }
}
