using System.IO.Compression;
using System.Text;
using KvTcp.Store;
using KvTcp.Tests.Support;
using NUnit.Framework;
using NUnit.Framework.Constraints;

namespace KvTcp.Tests.Store;

/// <summary>What goes into a snapshot comes out of it, however it is opened.</summary>
public sealed class SnapshotRoundTripTests
{
    private static readonly LoadTuning TinyExtents = new() { ChunkLength = 3000, BufferLength = 4096, ExtentLength = 1 };

    private static IEnumerable<TestCaseData> Samples()
    {
        string key = DataFileGenerator.KeyAt(9, 1).ToString();
        yield return Case("No_pairs", "");
        yield return Case("One_pair", $"{key} value\n");
        yield return Case("One_empty_value", $"{key} \n");
        yield return Case("Duplicates_that_leave_dead_records", $"{key} old\n{Random(50, 0, 40)}{key} new\n");
        yield return Case("Many_duplicates_that_are_compacted", string.Concat(Enumerable.Repeat(Random(300, 0, 40), 5)));
        yield return Case("Keys_of_other_versions", "6ba7b810-9dad-11d1-80b4-00c04fd430c8 x\n");
        yield return Case("Values_of_every_length_of_length", $"{Random(40, 120, 135)}{Random(20, 16_380, 16_390, 7)}{Random(2, 2_097_150, 2_097_155, 8)}");
        yield return new TestCaseData(Encoding.UTF8.GetBytes(Random(3000, 0, 70)), TinyExtents).SetArgDisplayNames("Records_with_gaps_between_them");

        static TestCaseData Case(string name, string text) =>
            new TestCaseData(Encoding.UTF8.GetBytes(text), null).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Samples))]
    public void Snapshot_holds_the_pairs_that_were_loaded(byte[] text, object? tuning)
    {
        using SnapshotSample sample = new(text, (LoadTuning?)tuning);
        foreach (SnapshotLoad how in Enum.GetValues<SnapshotLoad>())
        {
            foreach (bool asStream in (bool[])[false, true])
            {
                using Dataset dataset = SnapshotSample.Open(sample.Path, how, asStream).Dataset;
                sample.AssertHeldBy(dataset);
                Assert.That(Scanned(dataset), Is.EquivalentTo(sample.Pairs.Keys));
                Assert.That(
                    dataset.Statistics with { MappedBytes = 0, NativeBytes = sample.Statistics.NativeBytes },
                    Is.EqualTo(sample.Statistics));
            }
        }
    }

    [Test]
    public void Mapped_snapshot_takes_no_memory_of_its_own_and_a_copy_takes_its_length()
    {
        using SnapshotSample sample = SnapshotSample.OfRandom(1000);
        using Dataset mapped = SnapshotSample.Open(sample.Path, SnapshotLoad.Map).Dataset;
        using Dataset copied = SnapshotSample.Open(sample.Path, SnapshotLoad.Copy).Dataset;
        using Dataset streamed = SnapshotSample.Open(sample.Path, SnapshotLoad.Map, asStream: true).Dataset;
        using (Assert.EnterMultipleScope())
        {
            Assert.That((mapped.Statistics.MappedBytes, mapped.Statistics.NativeBytes), Is.EqualTo(((long)sample.Bytes.Length, 0L)));
            Assert.That((copied.Statistics.MappedBytes, copied.Statistics.NativeBytes), Is.EqualTo((0L, (long)sample.Bytes.Length)));
            Assert.That((streamed.Statistics.MappedBytes, streamed.Statistics.NativeBytes), Is.EqualTo((0L, (long)sample.Bytes.Length)));
        }
    }

    [Test]
    public void Report_of_a_mapped_snapshot_says_that_only_the_header_was_read([Values] SnapshotLoad how)
    {
        using SnapshotSample sample = SnapshotSample.OfRandom(1000);
        LoadResult result = SnapshotSample.Open(sample.Path, how);
        result.Dataset.Dispose();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((result.Report.Lines, result.Report.Pairs), Is.EqualTo((1000L, 1000L)));
            Assert.That(result.Report.BytesRead, Is.EqualTo(how == SnapshotLoad.Map ? 4096 : sample.Bytes.Length));
            Assert.That(result.Report.Snapshot, Is.EqualTo(sample.Info));
        }
    }

    [Test]
    public void Compressed_snapshot_is_read_into_memory()
    {
        using SnapshotSample sample = SnapshotSample.OfRandom(1000);
        using TemporaryDirectory directory = new();
        using MemoryStream compressed = new();
        using (GZipStream gzip = new(compressed, CompressionMode.Compress, leaveOpen: true))
        {
            gzip.Write(sample.Bytes);
        }

        using Dataset dataset = SnapshotSample.Open(directory.Write(compressed.ToArray()), SnapshotLoad.Map).Dataset;
        sample.AssertHeldBy(dataset);
    }

    [Test]
    public void Snapshot_of_a_snapshot_holds_the_same()
    {
        using SnapshotSample sample = SnapshotSample.OfRandom(1000);
        using TemporaryDirectory directory = new();
        using (Dataset first = SnapshotSample.Open(sample.Path, SnapshotLoad.Map).Dataset)
        {
            Assert.That(SnapshotWriter.Write(first, directory.PathOf("again.kvs")) with { Built = sample.Info.Built }, Is.EqualTo(sample.Info));
        }

        using Dataset second = SnapshotSample.Open(directory.PathOf("again.kvs"), SnapshotLoad.Verify).Dataset;
        sample.AssertHeldBy(second);
    }

    [TestCase(0, 2, TestName = "Snapshot_among_text_is_refused")]
    [TestCase(1, 2, TestName = "Snapshot_after_text_is_refused")]
    public void Snapshot_is_loaded_alone(int place, int count)
    {
        using SnapshotSample sample = SnapshotSample.OfRandom(10);
        using TemporaryDirectory directory = new();
        string text = directory.Write("some.data", "");
        DataSource[] sources = [.. Enumerable.Range(0, count).Select(i => DataSource.FromPath(i == place ? sample.Path : text))];
        Assert.That(
            () => DatasetLoader.Load(sources, new DataFileOptions()),
            Throws.TypeOf<DataFileException>().With.Message.StartsWith($"{sample.Path} is a snapshot, which is loaded alone"));
    }

    [TestCase(7, null, "has a value of up to 8 bytes, and the longest allowed is 7")]
    [TestCase(8, null, null)]
    [TestCase(8, 4, "has keys that are no version 4 UUIDs")]
    public void Options_that_exclude_what_a_snapshot_holds_refuse_it(int maxValueLength, int? version, string? message)
    {
        using SnapshotSample sample = new("6ba7b810-9dad-11d1-80b4-00c04fd430c8 12345678\n"u8.ToArray());
        DataFileOptions options = new() { MaxValueLength = maxValueLength, UuidVersion = version };
        IResolveConstraint expected = message is null ? Throws.Nothing : Throws.TypeOf<DataFileException>().With.Message.Contains(message);
        Assert.That(() => DatasetLoader.Load([DataSource.FromPath(sample.Path)], options).Dataset.Dispose(), expected);
    }

    [Test]
    public void Snapshot_of_version_4_keys_is_taken_where_only_those_are_allowed()
    {
        using SnapshotSample sample = SnapshotSample.OfRandom(100);
        using Dataset dataset = DatasetLoader.Load([DataSource.FromPath(sample.Path)], new DataFileOptions { UuidVersion = 4 }).Dataset;
        sample.AssertHeldBy(dataset);
    }

    private static List<Guid> Scanned(Dataset dataset)
    {
        List<Guid> keys = [];
        var pairs = new Pair[7];
        long position = 0;
        for (int count; (count = dataset.Scan(ref position, pairs)) > 0;)
        {
            keys.AddRange(pairs[..count].Select(static pair => pair.Key));
        }

        return keys;
    }

    private static string Random(int count, int minLength, int maxLength, int seed = 1)
    {
        using var text = new MemoryStream();
        DataFileGenerator.Write(text, count, seed, minLength, maxLength);
        return Encoding.ASCII.GetString(text.ToArray());
    }
}
