using KvTcp.Fuzz;
using KvTcp.Store;
using KvTcp.Store.Index;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Store;

[TestFixture]
public sealed class LookupTests
{
    private const int Seed = 8;
    private const int Count = 5000;

    private Dataset _dataset = null!;
    private Dictionary<Guid, byte[]> _expected = null!;

    [OneTimeSetUp]
    public void LoadOnce()
    {
        using var stream = new MemoryStream();
        DataFileGenerator.Write(stream, Count, Seed, minValueLength: 0, maxValueLength: 300);
        _expected = new DataFileOracle(new DataFileOptions(), ("text", stream.ToArray())).Pairs;
        _dataset = DatasetLoader.Load([DataSource.FromStream(new MemoryStream(stream.ToArray()), "text")], new DataFileOptions()).Dataset;
    }

    [OneTimeTearDown]
    public void FreeOnce() => _dataset.Dispose();

    [Test]
    public void Find_and_TryGetValue_agree_with_a_dictionary_for_every_batch_size()
    {
        var random = new Random(3);
        for (int length = 0; length <= 130; length++)
        {
            // A third misses; duplicates occur.
            Guid[] keys = [.. Enumerable.Range(0, length).Select(_ => DataFileGenerator.KeyAt(Seed, random.Next(Count * 3 / 2)))];
            var results = new Lookup[length + 3];
            _dataset.Find(keys, results);
            for (int i = 0; i < length; i++)
            {
                bool expectHit = _expected.TryGetValue(keys[i], out byte[]? expected);
                bool hit = _dataset.TryGetValue(keys[i], out ReadOnlySpan<byte> value);
                if (hit != expectHit || !value.SequenceEqual(expected) ||
                    results[i].IsHit != expectHit || !results[i].Value.SequenceEqual(expected))
                {
                    Assert.Fail($"Key {i} of {length}: expected hit {expectHit}, TryGetValue {hit}, Find {results[i].IsHit}.");
                }
            }

            Assert.That(results[length..], Is.All.EqualTo(default(Lookup)), "entries beyond the keys stay as they are");
        }
    }

    [Test]
    public void All_keys_at_once()
    {
        Guid[] keys = [.. _expected.Keys];
        var results = new Lookup[keys.Length];
        _dataset.Find(keys, results);
        Assert.That(results.All(result => result.IsHit), Is.True);
        Assert.That(results.Sum(result => (long)result.Value.Length), Is.EqualTo(_dataset.Statistics.ValueBytes));
    }

    [Test]
    public void Results_shorter_than_keys_are_refused() =>
        Assert.Throws<ArgumentException>(() => _dataset.Find(new Guid[3], new Lookup[2]));

    [Test]
    public void Lookups_allocate_nothing()
    {
        Guid[] keys = [.. _expected.Keys.Take(100)];
        var results = new Lookup[100];
        _dataset.Find(keys, results);
        long allocated = Allocations.Least(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                _dataset.Find(keys, results);
                _ = _dataset.TryGetValue(keys[i], out _);
                if (_dataset.TryAcquire(out DatasetLease lease))
                {
                    lease.Dispose();
                }
            }
        });

        Assert.That(allocated, Is.Zero);
    }

    [Test]
    public void Empty_dataset_misses_everything()
    {
        using Dataset empty = DatasetLoader.Load([], new DataFileOptions()).Dataset;
        Guid[] keys = [Guid.Empty, Guid.AllBitsSet, Guid.NewGuid()];
        var results = new Lookup[3];
        empty.Find(keys, results);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(empty.Count, Is.Zero);
            Assert.That(results.Any(result => result.IsHit), Is.False);
            Assert.That(empty.TryGetValue(Guid.Empty, out _), Is.False);
            Assert.That(empty.Statistics.LongestProbe, Is.Zero);
            Assert.That(empty.Statistics.MeanProbe, Is.Zero);
        }
    }

    [Test]
    public void Miss_and_empty_value_differ()
    {
        Guid key = Guid.NewGuid();
        byte[] text = System.Text.Encoding.ASCII.GetBytes($"{key} ");
        using Dataset dataset = DatasetLoader.Load(
            [DataSource.FromStream(new MemoryStream(text), "text")], new DataFileOptions()).Dataset;
        var results = new Lookup[2];
        dataset.Find([key, Guid.NewGuid()], results);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(results[0].IsHit, Is.True);
            Assert.That(results[0].Value.Length, Is.Zero);
            Assert.That(results[1].IsHit, Is.False);
            Assert.That(results[1].Value.Length, Is.Zero);
        }
    }

    [Test]
    public unsafe void Result_takes_sixteen_bytes() => Assert.That(sizeof(Lookup), Is.EqualTo(16));

    [Test]
    public void Keys_with_equal_tags_in_one_cluster_are_told_apart()
    {
        // A seed makes the hash predictable here, so colliding keys can be searched: same tag, and one of two homes.
        var hash = new KeyHash(1, 2);
        var byTag = new Dictionary<ulong, List<Guid>>();
        for (int i = 0; i < 200_000; i++)
        {
            Guid key = DataFileGenerator.KeyAt(6, i);
            byte[] bytes = key.ToByteArray();
            ulong tag = hash.Of(BitConverter.ToUInt64(bytes), BitConverter.ToUInt64(bytes, 8)) & 0xFFFFFF;
            (byTag.TryGetValue(tag, out List<Guid>? keys) ? keys : byTag[tag] = []).Add(key);
        }

        List<Guid>[] colliding = [.. byTag.Values.Where(keys => keys.Count > 1)];
        Assert.That(colliding, Has.Length.GreaterThan(100), "the search found something");
        foreach (List<Guid> keys in colliding)
        {
            // One key is left out: it has the tag of the others, is searched among them, and must miss.
            byte[] text = System.Text.Encoding.ASCII.GetBytes(string.Concat(keys.Skip(1).Select(key => $"{key} {key}\n")));
            using Dataset dataset = DatasetLoader.Load(
                [DataSource.FromStream(new MemoryStream(text), "text")],
                new DataFileOptions { Parallelism = 1 },
                new LoadTuning { Hash = _ => hash }).Dataset;
            var results = new Lookup[keys.Count];
            dataset.Find([.. keys], results);
            for (int i = 0; i < keys.Count; i++)
            {
                string expected = i == 0 ? "" : keys[i].ToString();
                Assert.That(System.Text.Encoding.ASCII.GetString(results[i].Value), Is.EqualTo(expected));
            }
        }
    }
}
