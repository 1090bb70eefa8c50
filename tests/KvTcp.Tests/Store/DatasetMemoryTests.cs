using System.Text;
using KvTcp.Store;
using KvTcp.Store.Memory;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Store;

/// <summary>What datasets keep, and that everything is given back.</summary>
[TestFixture]
[Alone]
public sealed class DatasetMemoryTests
{
    // The slots behind the last home and their pages, which nothing has touched.
    private const int SpareSlotBytes = 16 << 10;

    [TestCase(0, 0, TestName = "Empty_values")]
    [TestCase(10, 70, TestName = "Short_values")]
    [TestCase(127, 127, TestName = "Longest_values_of_a_one_byte_length")]
    [TestCase(128, 128, TestName = "Shortest_values_of_a_two_byte_length")]
    [TestCase(16_384, 16_384, TestName = "Shortest_values_of_a_three_byte_length")]
    public void Dataset_keeps_at_most_32_bytes_a_key_beyond_its_values(int minLength, int maxLength)
    {
        using var stream = new MemoryStream();
        int count = maxLength > 1000 ? 2000 : 20_000;
        DataFileGenerator.Write(stream, count, seed: 5, minLength, maxLength);
        using Dataset dataset = DatasetLoader.Load(
            [DataSource.FromStream(new MemoryStream(stream.ToArray()), "text")], new DataFileOptions { Parallelism = 2 }).Dataset;
        DatasetStatistics statistics = dataset.Statistics;

        // The spare slots behind the last home are 8 KiB at most, whatever the count.
        Assert.That(
            statistics.IndexBytes + statistics.RecordBytes,
            Is.LessThanOrEqualTo(statistics.ValueBytes + (32L * count) + (maxLength > 1000 ? 8192 : 0)));
    }

    [Test]
    [Platform("Linux")]
    public unsafe void Resident_memory_is_what_is_accounted_and_is_given_back()
    {
        using var files = new TemporaryDirectory();
        string path = Path.Combine(files.Root, "big.data");
        using (FileStream file = File.Create(path))
        {
            DataFileGenerator.Write(file, 400_000);
        }

        Dataset dataset = Load(path);
        (NativeRegion records, NativeRegion table) = (dataset.Parts.Records.Region, dataset.Parts.Table.Region!);
        (long recordsAt, long tableAt) = ((long)records.Address, (long)table.Address);
        long recordsResident = ResidentAt(recordsAt, recordsAt + records.Length);
        long tableResident = ResidentAt(tableAt, tableAt + table.Length);
        (long recordsReserved, long tableReserved) = (records.Length, table.Length);
        DatasetStatistics statistics = dataset.Statistics;
        dataset.Dispose();
        using (Assert.EnterMultipleScope())
        {
            // Each region may end with a huge page that is partly used, and each worker's records too.
            int hugePages = (1 + Environment.ProcessorCount) * NativeRegion.HugePage;
            Assert.That(recordsResident, Is.InRange(statistics.RecordBytes, statistics.RecordBytes + hugePages));
            Assert.That(tableResident, Is.InRange(statistics.IndexBytes - SpareSlotBytes, statistics.IndexBytes + NativeRegion.HugePage));
            Assert.That(ResidentAt(recordsAt, recordsAt + recordsReserved), Is.Zero);
            Assert.That(ResidentAt(tableAt, tableAt + tableReserved), Is.Zero);
        }
    }

    [Test]
    [Platform("Linux")]
    public void Cancelled_load_throws_and_gives_its_memory_back([Values] bool asStream)
    {
        using var files = new TemporaryDirectory();
        string path = Path.Combine(files.Root, "big.data");
        using (FileStream file = File.Create(path))
        {
            DataFileGenerator.Write(file, 400_000);
        }

        Load(path).Dispose();
        long before = ResidentAnonymous();
        using var cancellation = new CancellationTokenSource();
        DataSource source = asStream ? DataSource.FromStream(File.OpenRead(path), "stream") : DataSource.FromPath(path);
        Assert.Throws<OperationCanceledException>(() => DatasetLoader.Load(
            [source],
            new DataFileOptions(),
            new CancelAt(cancellation, 16 << 20),
            cancellation.Token));
        Assert.That(ResidentAnonymous() - before, Is.LessThan(10 << 20));
    }

    [Test]
    public void Cancelled_before_it_starts()
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        Assert.Throws<OperationCanceledException>(() => DatasetLoader.Load(
            [DataSource.FromStream(new MemoryStream("x"u8.ToArray()), "text")],
            new DataFileOptions(),
            cancellationToken: cancellation.Token));
    }

    [Test]
    public void Small_extents_hold_large_and_small_records()
    {
        // Records that fill extents unevenly: each extent ends with a hole that nothing may fall into.
        var random = new Random(2);
        string text = string.Concat(Enumerable.Range(0, 2000).Select(
            i => $"{DataFileGenerator.KeyAt(1, i)} {new string('v', random.Next(10) == 0 ? random.Next(60_000) : random.Next(100))}\n"));
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        var options = new DataFileOptions { MaxValueLength = 60_000, Parallelism = 4 };
        EveryWayToLoad.AgreesWithTheOracle(bytes, options, length: 20_000, asFile: true);
        EveryWayToLoad.AgreesWithTheOracle(bytes, options, length: 20_000, asFile: false);
    }

    [Test]
    public unsafe void Region_is_zeroed_where_it_is_committed_again()
    {
        using NativeRegion region = NativeRegion.TryReserve(1 << 20, 1 << 20)!;
        region.Commit(0, 1 << 20);
        new Span<byte>(region.Address, 1 << 20).Fill(1);
        region.Discard(100, (1 << 20) - 100);
        Assert.That(region.Address[4095], Is.EqualTo(1), "the page that is partly kept");
        if (OperatingSystem.IsLinux())
        {
            region.Commit(0, 1 << 20);
            Assert.That(new ReadOnlySpan<byte>(region.Address + 4096, (1 << 20) - 4096).IndexOfAnyExcept((byte)0), Is.EqualTo(-1));
        }
    }

    [Test]
    [Platform("Linux")]
    public void Region_too_large_for_the_address_space_is_refused()
    {
        Assert.That(NativeRegion.TryReserve(1L << 60, 1L << 60), Is.Null);
        Assert.Throws<InsufficientMemoryException>(() => NativeRegion.Allocate(1L << 60));
    }

    [Test]
    public void Arena_that_is_full_is_an_error()
    {
        using RecordArena arena = RecordArena.Reserve(textLength: 0, workers: 1, maxRecordLength: 1000, extentLength: 4096);
        _ = arena.Claim();
        _ = arena.Claim();
        Assert.Throws<InsufficientMemoryException>(() => arena.Claim());
    }

    private static Dataset Load(string path) => DatasetLoader.Load([DataSource.FromPath(path)], new DataFileOptions()).Dataset;

    /// <summary>How much is resident of the mappings that overlap a range of addresses.</summary>
    private static long ResidentAt(long start, long end)
    {
        long resident = 0;
        bool overlaps = false;
        foreach (string line in File.ReadLines("/proc/self/smaps"))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string[] range = words[0].Split('-');
            if (range.Length == 2)
            {
                overlaps = Convert.ToInt64(range[0], 16) < end && Convert.ToInt64(range[1], 16) > start;
            }
            else if (overlaps && words[0] is "Rss:")
            {
                resident += long.Parse(words[1]) * 1024;
            }
        }

        return resident;
    }

    private static long ResidentAnonymous()
    {
        GC.Collect();
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2]) * 1024;
    }

    private sealed class CancelAt(CancellationTokenSource cancellation, long bytes) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value)
        {
            if (value.BytesRead >= bytes)
            {
                cancellation.Cancel();
            }
        }
    }
}
