using KvTcp.Fuzz;
using KvTcp.Store;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Store;

/// <summary>A data file, its pairs according to the oracle, and ways to open the snapshots that are made of it.</summary>
internal sealed class SnapshotSample : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    /// <summary>Makes the sample.</summary>
    /// <param name="text">The data file.</param>
    /// <param name="tuning">How it is loaded: with tiny extents, records have gaps between them.</param>
    public SnapshotSample(byte[] text, LoadTuning? tuning = null)
    {
        var options = new DataFileOptions { Parallelism = 2, MaxValueLength = DataFileOptions.LargestMaxValueLength };
        Pairs = new DataFileOracle(options, ("text", text)).Pairs;
        using Dataset dataset = DatasetLoader.Load(
            [DataSource.FromPath(_directory.Write(text))], options, tuning ?? new LoadTuning()).Dataset;
        Id = dataset.Id;
        Statistics = dataset.Statistics;
        Path = _directory.PathOf("sample.kvs");
        Info = SnapshotWriter.Write(dataset, Path);
        Bytes = File.ReadAllBytes(Path);
    }

    public string Path { get; }

    public byte[] Bytes { get; }

    public SnapshotInfo Info { get; }

    public DatasetId Id { get; }

    public DatasetStatistics Statistics { get; }

    public IReadOnlyDictionary<Guid, byte[]> Pairs { get; }

    /// <summary>A sample of random pairs.</summary>
    public static SnapshotSample OfRandom(int count, int minLength = 0, int maxLength = 40, LoadTuning? tuning = null)
    {
        using var text = new MemoryStream();
        DataFileGenerator.Write(text, count, seed: 4, minLength, maxLength);
        return new SnapshotSample(text.ToArray(), tuning);
    }

    /// <summary>Opens the file, or a stream of it.</summary>
    public static LoadResult Open(string path, SnapshotLoad how, bool asStream = false) => DatasetLoader.Load(
        [asStream ? DataSource.FromStream(File.OpenRead(path), path) : DataSource.FromPath(path)],
        new DataFileOptions { Snapshots = how, Parallelism = 2, MaxValueLength = DataFileOptions.LargestMaxValueLength });

    /// <summary>Writes other bytes, into a file of its own.</summary>
    public string Write(byte[] bytes) => _directory.Write(bytes, "other.kvs");

    /// <summary>Asserts that a dataset holds the pairs, and nothing else.</summary>
    public void AssertHeldBy(Dataset dataset)
    {
        Guid[] keys = [.. Pairs.Keys, .. Enumerable.Range(0, 100).Select(static number => DataFileGenerator.KeyAt(77, number))];
        var results = new Lookup[keys.Length];
        dataset.Find(keys, results);
        int wrong = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            bool expectHit = Pairs.TryGetValue(keys[i], out byte[]? value);
            bool isHit = dataset.TryGetValue(keys[i], out ReadOnlySpan<byte> single);
            bool isRight = isHit == expectHit && results[i].IsHit == expectHit && single.SequenceEqual(value) && results[i].Value.SequenceEqual(value);
            wrong += isRight ? 0 : 1;
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(wrong, Is.Zero, "keys whose answer is wrong");
            Assert.That(dataset.Count, Is.EqualTo(Pairs.Count));
            Assert.That(dataset.Id, Is.EqualTo(Id));
        }
    }

    /// <summary>Reads everything there is to read, whatever it is.</summary>
    public int Exhaust(Dataset dataset)
    {
        int hits = 0;
        Guid[] keys = [.. Pairs.Keys, .. Enumerable.Range(0, 100).Select(static number => DataFileGenerator.KeyAt(77, number))];
        var results = new Lookup[keys.Length];
        dataset.Find(keys, results);
        long sum = 0;
        foreach (Lookup result in results)
        {
            hits += result.IsHit ? 1 : 0;
            sum += Sum(result.Value);
        }

        var pairs = new Pair[100];
        long position = 0;
        for (int count; (count = dataset.Scan(ref position, pairs)) > 0;)
        {
            foreach (Pair pair in pairs.AsSpan(0, count))
            {
                sum += Sum(pair.Value);
            }
        }

        return sum == long.MinValue ? -1 : hits;
    }

    public void Dispose() => _directory.Dispose();

    private static long Sum(ReadOnlySpan<byte> bytes)
    {
        long sum = 0;
        foreach (byte value in bytes)
        {
            sum += value;
        }

        return sum;
    }
}
