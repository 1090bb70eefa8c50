using System.Text;
using KvTcp.Store;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Store;

/// <summary>Files that are not as they should be, and sources that are no files.</summary>
[TestFixture]
[Alone]
public sealed class DataSourceTests
{
    private const string Key = "0a0a0a0a-1111-4222-8333-444444444444";

    private TemporaryDirectory _files = null!;

    [SetUp]
    public void SetUp() => _files = new TemporaryDirectory();

    [TearDown]
    public void TearDown() => _files.Dispose();

    [Test]
    public void Missing_file_is_named([Values("missing.data", "missing/file.data")] string name)
    {
        string path = Path.Combine(_files.Root, name);
        FileNotFoundException? exception = Assert.Throws<FileNotFoundException>(() => Load(DataSource.FromPath(path)));
        Assert.That(exception!.Message, Is.EqualTo($"{path} does not exist."));
    }

    [Test]
    public void Missing_file_is_noticed_before_the_others_are_read()
    {
        var unread = new MemoryStream("x"u8.ToArray());
        Assert.Throws<FileNotFoundException>(
            () => Load(DataSource.FromStream(unread, "first"), DataSource.FromPath(Path.Combine(_files.Root, "missing"))));
        Assert.That(unread.CanRead, Is.False, "disposed all the same");
    }

    [Test]
    public void Directory_is_called_one()
    {
        IOException? exception = Assert.Throws<IOException>(() => Load(DataSource.FromPath(_files.Root)));
        Assert.That(exception!.Message, Does.StartWith($"{_files.Root} is a directory"));
    }

    [Test]
    [Platform("Linux")]
    public void Unreadable_file_gives_the_systems_reason_and_its_name()
    {
        // Reading address 0 of a process fails for everyone, root included.
        IOException? exception = Assert.Throws<IOException>(() => Load(DataSource.FromPath("/proc/self/mem")));
        Assert.That(exception!.Message, Does.Contain("/proc/self/mem"));
    }

    [Test]
    [Platform("Linux")]
    public void File_that_claims_no_length_is_read_to_its_end()
    {
        DataFileException? exception = Assert.Throws<DataFileException>(() => Load(DataSource.FromPath("/proc/self/status")));
        Assert.That(exception!.Message, Does.StartWith("/proc/self/status:1: the line does not start with a UUID"));
    }

    [Test]
    public void File_that_shrinks_while_it_is_read_is_an_error_and_no_crash()
    {
        string path = _files.Write(Generate(20_000));
        bool truncated = false;
        var progress = new SynchronousProgress(_ =>
        {
            if (!truncated)
            {
                truncated = true;
                File.WriteAllText(path, "");
            }
        });
        var tuning = new LoadTuning { ChunkLength = 100_000, BufferLength = 1000 };
        byte[] big = Generate(100_000);
        string first = _files.Write(big);
        IOException? exception = Assert.Throws<IOException>(() => DatasetLoader.Load(
            [DataSource.FromPath(first), DataSource.FromPath(path)], new DataFileOptions { Parallelism = 1 }, tuning, progress));
        Assert.That(exception!.Message, Does.StartWith($"{path} became shorter while it was read"));
    }

    [TestCase(1, TestName = "Gzip_cut_after_its_first_byte_is_plain_text_and_bad")]
    [TestCase(2, TestName = "Gzip_cut_after_its_magic")]
    [TestCase(15, TestName = "Gzip_cut_in_its_first_block")]
    [TestCase(20_000, TestName = "Gzip_cut_in_the_middle")]
    [TestCase(-1, TestName = "Gzip_cut_before_its_last_byte")]
    public void Cut_gzip(int length)
    {
        byte[] gzip = GzipText.Of(Generate(2000));
        string path = _files.Write(gzip[..(length < 0 ? gzip.Length + length : length)]);
        DataFileException? exception = Assert.Throws<DataFileException>(() => Load(DataSource.FromPath(path)));
        Assert.That(exception!.Message, Does.StartWith(path));
    }

    [Test]
    public void Gzip_with_a_flipped_bit_is_bad_data()
    {
        byte[] gzip = GzipText.Of(Generate(2000));
        gzip[^6] ^= 1;
        DataFileException? exception = Assert.Throws<DataFileException>(() => Load(DataSource.FromPath(_files.Write(gzip))));
        Assert.That(exception!.Message, Does.Contain(": damaged gzip: "));
    }

    [Test]
    public void Gzip_is_recognised_by_its_content_not_by_its_name()
    {
        byte[] text = Encoding.ASCII.GetBytes($"{Key} value\n");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Load(DataSource.FromPath(_files.Write(GzipText.Of(text), "a.data"))), Is.EqualTo(1));
            Assert.That(Load(DataSource.FromPath(_files.Write(text, "b.data.gz"))), Is.EqualTo(1));
            Assert.That(Load(DataSource.FromStream(new TrickleStream(GzipText.Of(text), 1), "c")), Is.EqualTo(1));
        }
    }

    [Test]
    public void Gzip_of_several_members_is_one_text()
    {
        byte[] gzip = [.. GzipText.Of(Encoding.ASCII.GetBytes($"{Key} va")), .. GzipText.Of("lue\n"u8.ToArray())];
        Assert.That(Load(DataSource.FromPath(_files.Write(gzip))), Is.EqualTo(1));
    }

    [Test]
    public void No_source_at_all_is_an_empty_dataset() => Assert.That(Load(), Is.Zero);

    [Test]
    public void Dash_is_standard_input() => Assert.That(DataSource.FromPath("-").Name, Is.EqualTo("(standard input)"));

    [Test]
    public void Value_of_one_mebibyte_is_read_and_one_byte_more_is_bad([Values] bool asFile)
    {
        byte[] text = Encoding.ASCII.GetBytes(
            $"{DataFileGenerator.KeyAt(1, 0)} {new string('a', 1 << 20)}\n" +
            $"{DataFileGenerator.KeyAt(1, 1)} {new string('b', (1 << 20) + 1)}\n" +
            $"{DataFileGenerator.KeyAt(1, 2)} {new string('c', 2 << 20)}\n" +
            $"{DataFileGenerator.KeyAt(1, 3)} {new string('d', 1 << 20)}");
        var options = new DataFileOptions { OnBadLine = BadLinePolicy.Skip };
        foreach (int length in (int[])[5000, 1 << 20, 8 << 20])
        {
            EveryWayToLoad.AgreesWithTheOracle(text, options, length, asFile);
        }
    }

    [Test]
    public void Endless_line_is_bad_and_takes_no_memory([Values] bool asFile)
    {
        byte[] text = new byte[64 << 20];
        text.AsSpan().Fill((byte)'x');
        Encoding.ASCII.GetBytes($"{Key} ").CopyTo(text, 0);
        DataSource source = asFile ? DataSource.FromPath(_files.Write(text)) : DataSource.FromStream(new MemoryStream(text), "endless");
        long before = GC.GetTotalAllocatedBytes();
        DataFileException? exception = Assert.Throws<DataFileException>(() => Load(source));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(exception!.Message, Does.Contain(":1: the value is longer than 1048576 bytes (1 bad line in all)"));
            Assert.That(GC.GetTotalAllocatedBytes() - before, Is.LessThan(4 << 20));
        }
    }

    [Test]
    public void Progress_never_falls_and_ends_at_the_total([Values] bool gzip)
    {
        byte[] text = Generate(200_000);
        string path = _files.Write(gzip ? GzipText.Of(text) : text);
        var reports = new List<LoadProgress>();
        using Dataset dataset = DatasetLoader.Load(
            [DataSource.FromPath(path)], new DataFileOptions(), new SynchronousProgress(reports.Add)).Dataset;
        long length = new FileInfo(path).Length;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reports, Has.Count.GreaterThan(1));
            Assert.That(reports.Select(report => report.BytesRead), Is.Ordered);
            Assert.That(reports[^1], Is.EqualTo(new LoadProgress(length, length)));
        }
    }

    [Test]
    public void Total_is_unknown_for_a_pipe()
    {
        var reports = new List<LoadProgress>();
        using Dataset dataset = DatasetLoader.Load(
            [DataSource.FromStream(new TrickleStream(Generate(10), 100), "pipe")],
            new DataFileOptions(),
            new SynchronousProgress(reports.Add)).Dataset;
        Assert.That(reports[^1].TotalBytes, Is.Null);
    }

    [TestCase(5, 1 << 20, 1, TestName = "Uuid_version_5_cannot_be_asked_for")]
    [TestCase(4, -1, 1, TestName = "Negative_value_length")]
    [TestCase(4, (16 << 20) + 1, 1, TestName = "Value_length_over_16_mebibytes")]
    [TestCase(4, 1, 0, TestName = "No_worker")]
    [TestCase(4, 1, 1025, TestName = "Over_1024_workers")]
    public void Options_have_limits(int version, int maxValueLength, int workers)
    {
        var options = new DataFileOptions { UuidVersion = version, MaxValueLength = maxValueLength, Parallelism = workers };
        Assert.Throws<ArgumentException>(() => DatasetLoader.Load([], options));
    }

    [Test]
    public void Largest_value_that_options_allow_is_kept()
    {
        byte[] text = Encoding.ASCII.GetBytes($"{Key} {new string('v', 16 << 20)}\n");
        var options = new DataFileOptions { MaxValueLength = 16 << 20, Parallelism = 2 };
        using Dataset dataset = DatasetLoader.Load([DataSource.FromStream(new MemoryStream(text), "text")], options).Dataset;
        Assert.That(dataset.TryGetValue(Guid.Parse(Key), out ReadOnlySpan<byte> value), Is.True);
        Assert.That(value.SequenceEqual(text.AsSpan(37, 16 << 20)), Is.True);
    }

    private static byte[] Generate(int count)
    {
        using var stream = new MemoryStream();
        DataFileGenerator.Write(stream, count);
        return stream.ToArray();
    }

    private static long Load(params DataSource[] sources)
    {
        using Dataset dataset = DatasetLoader.Load(sources, new DataFileOptions()).Dataset;
        return dataset.Count;
    }

    private sealed class SynchronousProgress(Action<LoadProgress> report) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => report(value);
    }
}
