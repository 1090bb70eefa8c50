using System.Text;
using KvTcp.Store;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Store;

[TestFixture]
public class PairReaderTests
{
    private const string First = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    private const string Second = "6ba7b811-9dad-41d1-80b4-00c04fd430c8";

    [TestCase($"{First} one\n{Second} two\n", "one two", "lines")]
    [TestCase($"{First} one\n{Second} two", "one two", "the last line without its end")]
    [TestCase($"\uFEFF{First} one\r\n\r\n\n{Second} two\r\n", "one two", "a byte order mark, CRs, blank lines")]
    [TestCase($"{First} one\n{First} two\n", "one two", "every pair of a key, in order")]
    [TestCase("", "", "nothing")]
    [TestCase("\n\n", "", "blank lines only")]
    public void TryRead_gives_the_pairs_in_order(string text, string values, string reason)
    {
        foreach (byte[] file in (byte[][])[Encoding.UTF8.GetBytes(text), GzipText.Of(Encoding.UTF8.GetBytes(text))])
        {
            using PairReader reader = Open(file);
            Assert.That(string.Join(' ', Read(reader, maxPairs: 10)), Is.EqualTo(values), reason);
        }
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(7)]
    [TestCase(10_000)]
    public void TryRead_of_text_and_of_a_snapshot_gives_what_a_load_gives_whatever_the_block(int maxPairs)
    {
        using TemporaryDirectory directory = new();
        using TestDataset data = TestDataset.WithLengths(Enumerable.Range(0, 300));
        string text = directory.Write("some.data", string.Concat(data.Pairs.Select(static pair => $"{pair.Key} {ByteText.Text(pair.Value)}\n")));
        string snapshot = directory.PathOf("some.kvs");
        SnapshotWriter.Write(data.Dataset, snapshot);
        foreach (string path in (string[])[text, snapshot])
        {
            using PairReader reader = PairReader.Open(DataSource.FromPath(path), new DataFileOptions());
            PairBlock block = new(maxPairs, fullLength: 2000);
            Dictionary<Guid, byte[]> pairs = [];
            while (reader.TryRead(block))
            {
                Assert.That(block.Count, Is.InRange(1, maxPairs));
                for (int i = 0; i < block.Count; i++)
                {
                    pairs.Add(block.Key(i), block.Value(i).ToArray());
                }
            }

            Assert.That(pairs, Is.EquivalentTo(data.Pairs), path);
            Assert.That(reader.Done, Is.EqualTo(reader.Total));
        }
    }

    [Test]
    public void SkipTo_goes_on_where_another_reader_was()
    {
        using TemporaryDirectory directory = new();
        using TestDataset data = TestDataset.WithLengths(Enumerable.Repeat(5, 500));
        string snapshot = directory.PathOf("some.kvs");
        SnapshotWriter.Write(data.Dataset, snapshot);
        string text = directory.Write("some.data", string.Concat(data.Pairs.Select(static pair => $"\n{pair.Key} {ByteText.Text(pair.Value)}\n")));
        foreach (string path in (string[])[text, snapshot])
        {
            using PairReader whole = PairReader.Open(DataSource.FromPath(path), new DataFileOptions());
            PairBlock block = new(maxPairs: 37, fullLength: 100_000);
            List<Guid> expected = [];
            List<(long End, int Before)> ends = [(0, 0)];
            while (whole.TryRead(block))
            {
                expected.AddRange(Enumerable.Range(0, block.Count).Select(block.Key));
                ends.Add((block.End, expected.Count));
            }

            foreach ((long end, int before) in ends)
            {
                using PairReader rest = PairReader.Open(DataSource.FromPath(path), new DataFileOptions());
                rest.SkipTo(end);
                Assert.That(Keys(rest), Is.EqualTo(expected[before..]), $"{path} from {end}");
            }
        }
    }

    [Test]
    public void SkipTo_beyond_the_end_is_refused()
    {
        using PairReader reader = Open(Encoding.UTF8.GetBytes($"{First} one\n"));
        Assert.Throws<DataFileException>(() => reader.SkipTo(2));
    }

    [TestCase($"{First} one\nbad\n{Second} two\n", "test:2: ", "no key")]
    [TestCase($"{First} one\n\n{Second}\n", "test:3: no space", "no value")]
    [TestCase($"{First} one\n{Second} tw\ro\n", "test:2: CR", "a CR inside")]
    [TestCase($"{First} one\n{Second} 1234567890x\n", "test:2: the value is longer than 10 bytes", "too long")]
    public void TryRead_stops_at_a_bad_line_behind_the_pairs_before_it_or_leaves_it_out(string text, string message, string reason)
    {
        DataFileOptions options = new() { MaxValueLength = 10 };
        using PairReader reader = Open(Encoding.UTF8.GetBytes(text), options);
        PairBlock block = new(maxPairs: 10, fullLength: 1000);
        Assert.That(reader.TryRead(block), Is.True, reason);
        Assert.That((block.Count, block.Key(0)), Is.EqualTo((1, Guid.Parse(First))), reason);
        DataFileException? failure = Assert.Throws<DataFileException>(() => reader.TryRead(block));
        Assert.That(failure!.Message, Does.StartWith(message), reason);

        using PairReader skipping = Open(Encoding.UTF8.GetBytes(text), options with { OnBadLine = BadLinePolicy.Skip });
        Assert.That(Read(skipping, maxPairs: 10), Has.Length.LessThan(3), reason);
        Assert.That(skipping.BadLines, Is.EqualTo(1), reason);
    }

    [Test]
    public void A_line_that_is_longer_than_any_block_of_text_is_bad_and_the_next_one_is_read()
    {
        byte[] text = Encoding.UTF8.GetBytes($"{First} {new string('x', 3 << 20)}\n{Second} two\n");
        using PairReader reader = Open(text, new DataFileOptions { OnBadLine = BadLinePolicy.Skip });
        Assert.That((string.Join(' ', Read(reader, maxPairs: 10)), reader.BadLines), Is.EqualTo(("two", 1L)));
    }

    [Test]
    public void Open_refuses_what_has_the_name_of_a_snapshot_and_is_none()
    {
        using TemporaryDirectory directory = new();
        string path = directory.Write("some.kvs", $"{First} one\n");
        Assert.That(
            Assert.Throws<DataFileException>(() => PairReader.Open(DataSource.FromPath(path), new DataFileOptions()))!.Message,
            Does.Contain("is none"));
    }

    [Test]
    public void Damaged_gzip_is_named()
    {
        byte[] file = GzipText.Of(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat($"{First} one\n", 1000))));
        using PairReader reader = Open(file[..^20]);
        Assert.That(Assert.Throws<DataFileException>(() => Read(reader, maxPairs: 10_000))!.Message, Does.StartWith("test: damaged gzip"));
    }

    private static PairReader Open(byte[] file, DataFileOptions? options = null) =>
        PairReader.Open(DataSource.FromStream(new MemoryStream(file), "test"), options ?? new DataFileOptions());

    private static List<Guid> Keys(PairReader reader)
    {
        List<Guid> keys = [];
        PairBlock block = new(maxPairs: 10, fullLength: 1000);
        while (reader.TryRead(block))
        {
            keys.AddRange(Enumerable.Range(0, block.Count).Select(block.Key));
        }

        return keys;
    }

    private static string[] Read(PairReader reader, int maxPairs)
    {
        List<string> values = [];
        PairBlock block = new(maxPairs, fullLength: 1000);
        while (reader.TryRead(block))
        {
            values.AddRange(Enumerable.Range(0, block.Count).Select(i => Encoding.UTF8.GetString(block.Value(i))));
        }

        return [.. values];
    }
}
