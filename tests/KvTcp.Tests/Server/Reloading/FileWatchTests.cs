using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Server.Reloading;

[TestFixture]
public class FileWatchTests
{
    private TemporaryDirectory _directory = null!;
    private string _path = null!;
    private FileWatch _watch = null!;

    [SetUp]
    public void CreateFile()
    {
        _directory = new TemporaryDirectory();
        _path = _directory.Write("some.data", "one");
        _watch = new FileWatch([_path]);
    }

    [TearDown]
    public void RemoveDirectory() => _directory.Dispose();

    [Test]
    public void Look_wants_a_changed_file_at_the_second_look_and_not_at_the_first()
    {
        FileState taken = FileState.Of(_path)!;
        Assert.That((_watch.Look([taken]), _watch.Look([taken])), Is.EqualTo((false, false)), "nothing has changed");
        File.WriteAllText(_path, "three");
        Assert.That((_watch.Look([taken]), _watch.Look([taken])), Is.EqualTo((false, true)));
        Assert.That(_watch.Look([FileState.Of(_path)]), Is.False, "it has been taken");
    }

    [Test]
    public void Look_never_wants_a_file_that_changes_from_look_to_look()
    {
        FileState taken = FileState.Of(_path)!;
        for (int i = 0; i < 20; i++)
        {
            File.AppendAllText(_path, "more");
            Assert.That(_watch.Look([taken]), Is.False, $"look {i}");
        }

        Assert.That(_watch.Look([taken]), "it is at rest at last");
    }

    [Test]
    public void Look_tells_a_file_from_another_of_the_same_length_and_time_by_its_inode()
    {
        FileState taken = FileState.Of(_path)!;
        string other = _directory.Write("other.data", "two");
        File.SetLastWriteTimeUtc(other, File.GetLastWriteTimeUtc(_path));
        File.Move(other, _path, overwrite: true);
        Assert.That(FileState.Of(_path)!.Length, Is.EqualTo(taken.Length));
        Assert.That((_watch.Look([taken]), _watch.Look([taken])), Is.EqualTo((false, true)));
    }

    [Test]
    public void Look_wants_a_file_that_is_gone_so_that_the_load_says_so_once()
    {
        FileState taken = FileState.Of(_path)!;
        File.Delete(_path);
        Assert.That((_watch.Look([taken]), _watch.Look([taken])), Is.EqualTo((false, true)));
        Assert.That(_watch.Look([null]), Is.False);
    }

    [TestCase("directory", Description = "which no load takes")]
    [TestCase("link", Description = "a link that leads nowhere")]
    [TestCase("loop", Description = "which the system refuses to look at")]
    public void Look_takes_what_is_no_file_for_one_that_is_gone(string what)
    {
        File.Delete(_path);
        switch (what)
        {
            case "directory":
                Directory.CreateDirectory(_path);
                break;
            case "link":
                File.CreateSymbolicLink(_path, _directory.PathOf("nowhere"));
                break;
            default:
                File.CreateSymbolicLink(_path, _path);
                break;
        }

        Assert.That((_watch.Look([null]), _watch.Look([null])), Is.EqualTo((false, false)));
    }

    [Test]
    public async Task Watching_server_takes_a_file_once_and_a_refused_or_rolled_back_one_not_again()
    {
        File.WriteAllText(_path, ScriptedSource.Pairs("one"));
        await using ReloadingServer server = await ReloadingServer.LoadAsync(
            [new FileSource(_path)], new ReloadOptions { Watch = TimeSpan.FromMilliseconds(10) });
        Replace(ScriptedSource.Pairs("two"));
        await UntilAsync(() => server.Value(0) is "two", "the new file is served");
        Replace("bad\n");
        await UntilAsync(() => server.Reloader.State.Refused == 1, "the bad file is refused");
        await server.RollBackAsync();
        Assert.That(server.Value(0), Is.EqualTo("one"));

        // Were one of them taken again, it would be before a file that comes later.
        Replace(ScriptedSource.Pairs("three", "four"));
        await UntilAsync(() => server.Reloader.State.Done == 2, "the next file is loaded");
        Assert.That((server.Reloader.State.Refused, server.Value(0)), Is.EqualTo((1L, "three")));
    }

    /// <summary>Replaces the file in one step: a file that is rewritten in place is empty for a moment, and may be met then.</summary>
    private void Replace(string text)
    {
        string next = _path + ".next";
        File.WriteAllText(next, text);
        File.Move(next, _path, overwrite: true);
    }

    private static Task UntilAsync(Func<bool> condition, string what) => Patience.UntilAsync(() => Task.FromResult(condition()), what);
}
