using System.Text;
using KvTcp.Fuzz;
using KvTcp.Store;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Store;

[TestFixture]
public sealed class DuplicateTests
{
    private static readonly Guid[] Keys = [.. Enumerable.Range(0, 7).Select(i => DataFileGenerator.KeyAt(3, i))];

    [Test]
    public void Policy_decides_whatever_the_pieces_and_workers_are(
        [Values(DuplicatePolicy.Last, DuplicatePolicy.First)] DuplicatePolicy policy)
    {
        EveryWayToLoad.AgreesWithTheOracle(ManyDuplicates(400, keys: 7), new DataFileOptions { Duplicates = policy });
    }

    [Test]
    public void Files_count_in_the_order_they_are_given(
        [Values(DuplicatePolicy.Last, DuplicatePolicy.First)] DuplicatePolicy policy,
        [Values(16, 100_000)] int pieceLength)
    {
        using var files = new TemporaryDirectory();
        (string Name, byte[] Text)[] texts =
        [
            ("a", ManyDuplicates(50, keys: 5, "a")),
            ("b", GzipText.Of(ManyDuplicates(50, keys: 7, "b"))),
            ("c", []),
            ("d", ManyDuplicates(50, keys: 3, "d")),
        ];
        DataSource[] sources = [.. texts.Select(text => DataSource.FromPath(files.Write(text.Text, text.Name)).WithName(text.Name))];
        var options = new DataFileOptions { Duplicates = policy, Parallelism = 4 };
        texts[1].Text = ManyDuplicates(50, keys: 7, "b");
        EveryWayToLoad.Check(
            new DataFileOracle(options, texts), sources, options, EveryWayToLoad.Tuning(pieceLength), "four files");
    }

    [Test]
    public void Error_policy_names_the_first_duplicate_and_where_its_key_was_first()
    {
        // Blank and bad lines before, between and after, so that a record's place differs from its line.
        string text =
            $"\n\n{Keys[0]} a\nbad\n{Keys[1]} b\n\n{Keys[2]} c\n\nbad\n{Keys[1]} d\n{Keys[0]} e\n\n{Keys[1]} f\n";
        foreach (int length in (int[])[1, 16, 38, 64, 100_000])
        {
            foreach (int workers in (int[])[1, 4])
            {
                Assert.That(Message(text, length, workers, asFile: true), Is.EqualTo(Expected(10, 5, 3, Keys[1])), $"{length}, {workers}");
                Assert.That(Message(text, length, workers, asFile: false), Is.EqualTo(Expected(10, 5, 3, Keys[1])), $"{length}, {workers}");
            }
        }
    }

    [Test]
    public void Error_policy_names_the_same_places_as_the_oracle_in_random_files()
    {
        var random = new Random(5);
        for (int round = 0; round < 50; round++)
        {
            var text = new StringBuilder();
            for (int line = 0; line < 60; line++)
            {
                string next = random.Next(4) switch { 0 => "\n", 1 => "bad\n", _ => $"{DataFileGenerator.KeyAt(9, random.Next(50))} v\n" };
                text.Append(next);
            }

            var options = new DataFileOptions { Duplicates = DuplicatePolicy.Error, OnBadLine = BadLinePolicy.Skip };
            var oracle = new DataFileOracle(options, ("text", Encoding.ASCII.GetBytes(text.ToString())));
            (Guid key, string place) = oracle.Duplicates[0];
            Assert.That(
                Message(text.ToString(), random.Next(1, 300), workers: 4, asFile: true),
                Is.EqualTo($"{place}: duplicate key {key}, first at {oracle.FirstPlaces[key]} ({oracle.Duplicates.Count} in all)"));
        }
    }

    [Test]
    public void Error_policy_loads_a_file_without_duplicates()
    {
        byte[] text = Encoding.ASCII.GetBytes(string.Concat(Keys.Select(key => $"{key} v\n\n")));
        EveryWayToLoad.AgreesWithTheOracle(text, new DataFileOptions { Duplicates = DuplicatePolicy.Error });
    }

    [Test]
    public void Files_with_many_duplicates_keep_no_more_than_other_files([Values(1, 2, 20, 3000)] int keys, [Values(1, 4)] int workers)
    {
        byte[] text = ManyDuplicates(6000, keys);
        var oracle = new DataFileOracle(new DataFileOptions(), ("text", text));
        var options = new DataFileOptions { Parallelism = workers };
        LoadResult result = DatasetLoader.Load(
            [DataSource.FromStream(new MemoryStream(text), "text")], options, EveryWayToLoad.Tuning(5000));
        using Dataset dataset = result.Dataset;
        DatasetStatistics statistics = dataset.Statistics;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Report.Duplicates, Is.EqualTo(6000 - keys));
            Assert.That(
                statistics.IndexBytes + statistics.RecordBytes - statistics.ValueBytes,
                Is.LessThanOrEqualTo((32 * keys) + SpareSlots(keys)));
            Assert.That(statistics.RecordBytes, Is.EqualTo(statistics.ValueBytes + (17 * keys)), "no dead record is left");
        }

        EveryWayToLoad.Check(
            oracle, [DataSource.FromStream(new MemoryStream(text), "text")], options, EveryWayToLoad.Tuning(5000), "compacted");
    }

    [Test]
    public void Few_duplicates_are_left_where_they_are()
    {
        byte[] text = [.. ManyDuplicates(1000, keys: 1000), .. ManyDuplicates(20, keys: 20)];
        using Dataset dataset = DatasetLoader.Load(
            [DataSource.FromStream(new MemoryStream(text), "text")], new DataFileOptions(), new LoadTuning()).Dataset;
        DatasetStatistics statistics = dataset.Statistics;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(statistics.RecordBytes, Is.GreaterThan(statistics.ValueBytes + (17 * dataset.Count)));
            Assert.That(
                statistics.IndexBytes + statistics.RecordBytes,
                Is.LessThanOrEqualTo(statistics.ValueBytes + (32 * dataset.Count) + SpareSlots(1020)));
        }
    }

    // Behind the last home stand as many slots as a probe may be long, and one vector.
    private static int SpareSlots(int keys) => (Math.Min(keys, 1024) + 4 + 1) * sizeof(ulong);

    private static byte[] ManyDuplicates(int lines, int keys, string value = "value") =>
        Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, lines).Select(
            i => $"{DataFileGenerator.KeyAt(3, i % keys)} {value} {i}\n")));

    private static string Expected(int line, int firstLine, int count, Guid key) =>
        $"text:{line}: duplicate key {key}, first at text:{firstLine} ({count} in all)";

    private static string Message(string text, int length, int workers, bool asFile)
    {
        using var files = new TemporaryDirectory();
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        DataSource source = asFile
            ? DataSource.FromPath(files.Write(bytes)).WithName("text")
            : DataSource.FromStream(new TrickleStream(bytes, length), "text");
        var options = new DataFileOptions
        {
            Duplicates = DuplicatePolicy.Error,
            OnBadLine = BadLinePolicy.Skip,
            Parallelism = workers,
        };
        return Assert.Throws<DataFileException>(
            () => DatasetLoader.Load([source], options, EveryWayToLoad.Tuning(length)).Dataset.Dispose())!.Message;
    }
}
