using KvTcp.Server;
using KvTcp.Store;
using KvTcp.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Win32.SafeHandles;
using NUnit.Framework;
using static KvTcp.Tests.Server.Reloading.Download.SampleDownload;

namespace KvTcp.Tests.Server.Reloading.Download;

/// <summary>What downloads take of a disk, or of memory where that is one, and what they leave.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class DownloadRoomTests
{
    private const int KiB = 1024;

    [TestCase(0, true, Description = "all of it fits above the reserve")]
    [TestCase(1, false, Description = "the last byte does not")]
    public async Task Fetch_of_a_known_length_leaves_the_reserve(int tooLong, bool isTaken)
    {
        await using ObjectStore store = await ObjectStore.StartAsync(Content);
        DownloadRoom room = new(Free: store.Content.Length + (4 * KiB) - tooLong, Reserve: 4 * KiB, IsMemory: false);
        using UrlSource source = new(store.Url, Hasty with { MeasureRoom = _ => room });
        if (isTaken)
        {
            Assert.That(await FetchTextAsync(source), Is.EqualTo(Content));
        }
        else
        {
            SourceUnavailableException error = (await Assert.ThrowsAsync<SourceUnavailableException>(() => FetchTextAsync(source)))!;
            Assert.That(error.Message, Does.Contain($"its {Content.Length} bytes do not fit into ").And.Contain("--download-directory"));
        }
    }

    [Test]
    public async Task Fetch_of_an_unknown_length_ends_where_the_reserve_begins_and_keeps_nothing()
    {
        using TemporaryDirectory directory = new();
        await using ObjectStore store = await ObjectStore.StartAsync(Content);
        store.Misbehave = EndlesslyAsync;
        long free = 1000 * KiB;
        long most = 0;
        using UrlSource source = new(store.Url, Hasty with
        {
            Directory = directory.Root,
            MeasureRoom = path => new DownloadRoom(free - (most = Math.Max(most, OpenBytes(path))), Reserve: 200 * KiB, IsMemory: false),
        });
        SourceUnavailableException error = (await Assert.ThrowsAsync<SourceUnavailableException>(() => FetchTextAsync(source)))!;
        Assert.That(error.Message, Does.Contain("has no room for more: the last 204800 bytes are left to others").And.Contain("--download-directory"));
        Assert.That(most, Is.InRange(500 * KiB, free), "it went on for long");
        Assert.That(OpenBytes(directory.Root), Is.Zero, "and has made room again");
        Assert.That(store.Requests, Has.Count.EqualTo(1), "it is no use to try again at once");
    }

    [Test]
    public async Task Fetch_is_refused_beyond_the_longest_object([Values] bool isAnnounced)
    {
        await using ObjectStore store = await ObjectStore.StartAsync(Content);
        store.Misbehave = isAnnounced ? store.Misbehave : EndlesslyAsync;
        using UrlSource source = new(store.Url, Hasty with { MaxLength = Content.Length - 1 });
        SourceUnavailableException error = (await Assert.ThrowsAsync<SourceUnavailableException>(() => FetchTextAsync(source)))!;
        Assert.That(error.Message, Does.EndWith($"more than {Content.Length - 1} bytes, the longest that is downloaded"));
    }

    [Test]
    public async Task Downloads_leave_no_file_behind()
    {
        using TemporaryDirectory directory = new();
        await using ObjectStore store = await ObjectStore.StartAsync(Content);
        using UrlSource source = new(store.Url, Hasty with { Directory = directory.Root });
        using FetchedData data = (await source.FetchAsync(known: null, CancellationToken.None))!;
        Assert.That(Directory.GetFileSystemEntries(directory.Root), Is.Empty, "not even before it is loaded");
    }

    [Test]
    public async Task Snapshot_downloaded_into_memory_is_copied_and_its_file_goes([Values] bool isMemory)
    {
        using TemporaryDirectory directory = new();
        using TestDataset pairs = TestDataset.WithLengths(Enumerable.Repeat(40, 1000));
        byte[] snapshot = await File.ReadAllBytesAsync(Snapshot(pairs, directory.PathOf("pairs.kvs")));
        await using ObjectStore store = await ObjectStore.StartAsync("");
        store.Content = snapshot;
        using UrlSource source = new(store.Url, Hasty with { MeasureRoom = path => DownloadRoom.Of(path) with { IsMemory = isMemory } });
        await using ReloadingServer server = await ReloadingServer.LoadAsync([source]);
        DatasetStatistics statistics = server.Datasets.Current!.Dataset.Statistics;
        Assert.That((statistics.NativeBytes, statistics.MappedBytes), Is.EqualTo(isMemory ? (snapshot.Length, 0L) : (0L, snapshot.Length)));
        Assert.That(server.Value(999), Is.EqualTo(ByteText.Text(pairs.Pairs[TestDataset.Key(999)])));
    }

    [Test]
    public async Task Room_on_a_tmpfs_is_memory()
    {
        const string SharedMemory = "/dev/shm";
        string type = (await ProcessRun.RunAsync("stat", ["-f", "-c", "%T", SharedMemory])).Output;
        Assert.That(type, Is.EqualTo("tmpfs\n"));
        Assert.That(DownloadRoom.Of(SharedMemory).IsMemory);
        Assert.That(DownloadRoom.Of(SharedMemory).Free, Is.LessThanOrEqualTo(new DriveInfo(SharedMemory).AvailableFreeSpace));
        Assert.That(DownloadRoom.Of(AppContext.BaseDirectory).IsMemory, Is.False);
    }

    private static string Snapshot(TestDataset pairs, string path)
    {
        SnapshotWriter.Write(pairs.Dataset, path);
        return path;
    }

    /// <summary>An answer without a length, and without an end.</summary>
    private static async Task<bool> EndlesslyAsync(int before, HttpContext context)
    {
        byte[] bytes = new byte[64 * KiB];
        while (!context.RequestAborted.IsCancellationRequested)
        {
            await context.Response.Body.WriteAsync(bytes, context.RequestAborted).AsTask().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return true;
    }

    /// <summary>The length of the files without a name that this process has open in a directory.</summary>
    private static long OpenBytes(string directory)
    {
        long bytes = 0;
        foreach (FileInfo file in new DirectoryInfo("/proc/self/fd").EnumerateFiles())
        {
            if (file.LinkTarget?.StartsWith(directory, StringComparison.Ordinal) == true)
            {
                using SafeFileHandle handle = File.OpenHandle(file.FullName, share: FileShare.ReadWrite | FileShare.Delete);
                bytes += RandomAccess.GetLength(handle);
            }
        }

        return bytes;
    }
}
