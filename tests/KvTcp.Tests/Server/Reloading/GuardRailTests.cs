using System.Diagnostics;
using KvTcp.Protocol;
using KvTcp.Server;
using KvTcp.Store;
using KvTcp.Tests.Support;
using Microsoft.Extensions.Logging;
using NUnit.Framework;

namespace KvTcp.Tests.Server.Reloading;

/// <summary>What a reload refuses, over real files. Whatever happens, the dataset before goes on being served.</summary>
[TestFixture]
public class GuardRailTests
{
    private const long Plenty = 1L << 40;

    private TemporaryDirectory _directory = null!;
    private string _path = null!;

    [SetUp]
    public void CreateFile()
    {
        _directory = new TemporaryDirectory();
        _path = _directory.Write("some.data", ScriptedSource.Pairs("a", "b", "c", "d"));
    }

    [TearDown]
    public void RemoveDirectory() => _directory.Dispose();

    [TestCase("delete", "does not exist")]
    [TestCase("directory", "is a directory")]
    [TestCase("empty", "0 pairs are 100% less than the 4 of before; see --max-shrink")]
    [TestCase("bad line", ":2: ")]
    [TestCase("unreadable", "Input/output error")]
    [TestCase("link to itself", "symbolic links")]
    public async Task Reload_is_refused_and_what_was_served_is_served_on(string what, string reason)
    {
        await using ReloadingServer server = await ReloadingServer.LoadAsync([new FileSource(_path)]);
        File.Delete(_path);
        switch (what)
        {
            case "directory":
                Directory.CreateDirectory(_path);
                break;
            case "empty":
                File.WriteAllText(_path, "");
                break;
            case "bad line":
                File.WriteAllText(_path, ScriptedSource.Pairs("x", "y", "z", "w").Replace($"{TestDataset.Key(1)} ", "", StringComparison.Ordinal));
                break;
            case "unreadable":
                // A file whose reading fails, for root as well.
                File.CreateSymbolicLink(_path, "/proc/self/mem");
                break;
            case "link to itself":
                File.CreateSymbolicLink(_path, _path);
                break;
        }

        ReloadOutcome outcome = await server.ReloadAsync();
        Assert.That((outcome.Result, outcome.Error), Is.EqualTo((ReloadResult.Refused, (ErrorCode?)ErrorCode.Refused)), outcome.Reason);
        Assert.That(outcome.Reason, Does.Contain(reason));
        Assert.That(server.Log.Texts(LogLevel.Warning).Last(), Does.StartWith("Reload refused: "));
        Assert.That(server.Value(3), Is.EqualTo("d"));
    }

    [TestCase(0.5, 2, true, Description = "half of it may go by default")]
    [TestCase(0.5, 1, false, Description = "more may not")]
    [TestCase(0, 3, false)]
    [TestCase(0, 4, true)]
    [TestCase(1, 0, true, Description = "nothing is too little for who says so")]
    public async Task Reload_may_lose_as_many_pairs_as_allowed(double maxShrink, int left, bool isDone)
    {
        await using ReloadingServer server = await ReloadingServer.LoadAsync([new FileSource(_path)], new ReloadOptions { MaxShrink = maxShrink });
        File.WriteAllText(_path, ScriptedSource.Pairs(Enumerable.Repeat("new", left)));
        ReloadOutcome outcome = await server.ReloadAsync();
        Assert.That(outcome.Error is null, Is.EqualTo(isDone), outcome.Reason);
        Assert.That(server.Datasets.Current!.Dataset.Count, Is.EqualTo(isDone ? left : 4));
    }

    [TestCase(1, "99.9% less than the 2500", Description = "something is left")]
    [TestCase(0, "100% less than the 2500")]
    [TestCase(1249, "50% less than the 2500", Description = "50.04%")]
    [TestCase(250, "90% less than the 2500")]
    public async Task Refusal_tells_in_tenths_how_much_less_there_is_and_never_too_much(int left, string reason)
    {
        File.WriteAllText(_path, ScriptedSource.Pairs(Enumerable.Repeat("old", 2500)));
        await using ReloadingServer server = await ReloadingServer.LoadAsync([new FileSource(_path)]);
        File.WriteAllText(_path, ScriptedSource.Pairs(Enumerable.Repeat("new", left)));
        Assert.That((await server.ReloadAsync()).Reason, Does.Contain(reason));
    }

    [Test]
    public async Task Reload_skips_bad_lines_where_the_start_did()
    {
        await using ReloadingServer server = await ReloadingServer.LoadAsync(
            [new FileSource(_path)], dataFiles: new DataFileOptions { OnBadLine = BadLinePolicy.Skip });
        File.WriteAllText(_path, ScriptedSource.Pairs("1", "2", "3") + "bad\n");
        Assert.That((await server.ReloadAsync()).Result, Is.EqualTo(ReloadResult.Done));
        Assert.That(server.Log.Texts(LogLevel.Warning).Single(), Does.StartWith("Skipped 1 bad lines of 4"));
    }

    [TestCase("append")]
    [TestCase("rename")]
    [TestCase("delete")]
    public async Task File_that_changes_while_it_is_read_is_refused(string change)
    {
        // The pipe is the last of the sources: while the load waits for it, the file has been read.
        string pipe = _directory.PathOf("pipe");
        Process.Start("mkfifo", [pipe]).WaitForExit();
        Task first = FeedAsync(pipe);
        await using ReloadingServer server = await ReloadingServer.LoadAsync([new FileSource(_path), new FileSource(pipe)]);
        await first;
        Task<ReloadOutcome> reload = server.ReloadAsync();
        await using (FileStream feed = await OpenAsync(pipe))
        {
            switch (change)
            {
                case "append":
                    await File.AppendAllTextAsync(_path, $"{TestDataset.Key(9)} new\n");
                    break;
                case "rename":
                    File.Move(_directory.Write("new.data", ScriptedSource.Pairs("a", "b", "c", "d")), _path, overwrite: true);
                    break;
                default:
                    File.Delete(_path);
                    break;
            }
        }

        ReloadOutcome outcome = await reload;
        Assert.That(outcome.Reason, Does.StartWith($"{_path} changed while it was read"));
        Assert.That(server.Value(3), Is.EqualTo("d"));
    }

    [Test]
    public async Task File_replaced_by_rename_is_loaded()
    {
        await using ReloadingServer server = await ReloadingServer.LoadAsync([new FileSource(_path)]);
        File.Move(_directory.Write("new.data", ScriptedSource.Pairs("1", "2", "3")), _path, overwrite: true);
        Assert.That((await server.ReloadAsync()).Result, Is.EqualTo(ReloadResult.Done));
        Assert.That(server.Value(0), Is.EqualTo("1"));
    }

    [Test]
    public async Task Standard_input_is_refused()
    {
        await using ReloadingServer server = await ReloadingServer.LoadAsync([new FileSource(_path), new StandardInputSource()]);
        Assert.That((await server.ReloadAsync()).Reason, Does.StartWith("standard input can be read only once"));
        Assert.That(server.Value(3), Is.EqualTo("d"));
    }

    [Test]
    public async Task Reload_that_does_not_fit_beside_the_old_dataset_is_refused()
    {
        long available = Plenty;
        await using ReloadingServer server = await ReloadingServer.LoadAsync([new FileSource(_path)], memory: () => available);
        available = 100;
        File.WriteAllText(_path, ScriptedSource.Pairs("1", "2", "3"));
        ReloadOutcome outcome = await server.ReloadAsync();
        Assert.That(outcome.Error, Is.EqualTo(ErrorCode.Refused));
        Assert.That(outcome.Reason, Does.Contain("does not fit into memory").And.EndWith("see --reload-in-place"));
        Assert.That(server.Value(0), Is.EqualTo("a"));
    }

    [Test]
    public async Task Watched_file_that_did_not_fit_is_loaded_once_there_is_memory()
    {
        long available = Plenty;
        await using ReloadingServer server = await ReloadingServer.LoadAsync(
            [new FileSource(_path)], new ReloadOptions { Watch = TimeSpan.FromMilliseconds(10) }, memory: () => Volatile.Read(ref available));
        Volatile.Write(ref available, 100);
        File.WriteAllText(_path, ScriptedSource.Pairs("1", "2", "3"));
        await Patience.UntilAsync(() => Task.FromResult(server.Reloader.State.Refused >= 2), "it is refused, tried again, and refused again");
        Assert.That(server.Value(0), Is.EqualTo("a"));
        Volatile.Write(ref available, Plenty);
        await Patience.UntilAsync(() => Task.FromResult(server.Value(0) is "1"), "the same file is served");
    }

    [Test]
    public async Task Previous_dataset_is_given_up_when_a_reload_needs_its_memory()
    {
        long available = Plenty;
        Dataset? previous = null;
        await using ReloadingServer server = await ReloadingServer.LoadAsync([new FileSource(_path)], memory: () => previous?.IsFreed == true ? Plenty : available);
        File.WriteAllText(_path, ScriptedSource.Pairs("1", "2", "3"));
        await server.ReloadAsync();
        previous = server.Datasets.Previous!.Dataset;
        available = 100;
        File.WriteAllText(_path, ScriptedSource.Pairs("5", "6", "7", "8"));
        Assert.That((await server.ReloadAsync()).Result, Is.EqualTo(ReloadResult.Done));
        Assert.That(previous.IsFreed);
        Assert.That(server.Value(0), Is.EqualTo("5"));
    }

    [Test]
    public async Task Previous_dataset_is_not_kept_when_the_next_reload_would_not_fit_beside_it()
    {
        Queue<long> available = new([Plenty, 100]);
        await using ReloadingServer server = await ReloadingServer.LoadAsync([new FileSource(_path)], memory: available.Dequeue);
        File.WriteAllText(_path, ScriptedSource.Pairs("1", "2", "3"));
        Dataset first = server.Datasets.Current!.Dataset;
        Assert.That((await server.ReloadAsync()).Result, Is.EqualTo(ReloadResult.Done));
        Assert.That(server.Datasets.Previous, Is.Null);
        Assert.That(first.IsFreed);
        Assert.That((await server.RollBackAsync()).Error, Is.EqualTo(ErrorCode.Refused));
    }

    [Test]
    public async Task In_place_the_old_dataset_is_given_up_first()
    {
        Dataset? old = null;
        await using ReloadingServer server = await ReloadingServer.LoadAsync(
            [new FileSource(_path)], new ReloadOptions { InPlace = true }, memory: () => old is { IsFreed: false } ? 200 : Plenty);
        old = server.Datasets.Current!.Dataset;
        File.WriteAllText(_path, ScriptedSource.Pairs("1", "2", "3", "4"));
        Assert.That((await server.ReloadAsync()).Result, Is.EqualTo(ReloadResult.Done));
        Assert.That(server.Log.Texts(LogLevel.Warning).Single(), Does.StartWith("Gave up the dataset before its successor"));
        Assert.That((server.Value(0), server.Datasets.Previous), Is.EqualTo(("1", (ServedDataset?)null)));
    }

    [Test]
    public async Task In_place_a_bad_file_leaves_nothing_until_a_good_one_comes()
    {
        Dataset? old = null;
        await using ReloadingServer server = await ReloadingServer.LoadAsync(
            [new FileSource(_path)], new ReloadOptions { InPlace = true }, memory: () => old is { IsFreed: false } ? 200 : Plenty);
        old = server.Datasets.Current!.Dataset;
        File.WriteAllText(_path, ScriptedSource.Pairs("1", "2", "3", "4") + "bad\n");
        Assert.That((await server.ReloadAsync()).Reason, Does.EndWith("; nothing is loaded until a reload succeeds"));
        Assert.That(server.Datasets.Current, Is.Null);
        File.WriteAllText(_path, ScriptedSource.Pairs("1"));
        Assert.That((await server.ReloadAsync()).Reason, Does.Contain("75% less than the 4 of before"), "the guard-rails still hold");
        File.WriteAllText(_path, ScriptedSource.Pairs("1", "2", "3", "4"));
        Assert.That((await server.ReloadAsync()).Result, Is.EqualTo(ReloadResult.Done));
        Assert.That(server.Value(0), Is.EqualTo("1"));
    }

    [TestCase("", 200, "100% less than", Description = "an empty file is seen before anything is given up")]
    [TestCase(null, 0, "does not fit", Description = "it would not fit in place either")]
    public async Task In_place_nothing_is_given_up_for_what_cannot_succeed(string? text, long available, string reason)
    {
        bool isLow = false;
        await using ReloadingServer server = await ReloadingServer.LoadAsync(
            [new FileSource(_path)], new ReloadOptions { InPlace = true }, memory: () => isLow ? available : Plenty);
        isLow = true;
        File.WriteAllText(_path, text ?? ScriptedSource.Pairs(Enumerable.Repeat("value", 100)));
        ReloadOutcome outcome = await server.ReloadAsync();
        Assert.That(outcome.Reason, Does.Contain(reason));
        Assert.That(server.Value(3), Is.EqualTo("d"));
    }

    private static async Task FeedAsync(string pipe)
    {
        await using FileStream feed = await OpenAsync(pipe);
    }

    /// <summary>Opens a pipe for writing, which waits until somebody reads it.</summary>
    private static Task<FileStream> OpenAsync(string pipe) =>
        Task.Run(() => new FileStream(pipe, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)).WaitAsync(Patience.Limit);
}
