using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using KvTcp.Store;
using KvTcp.Store.Index;
using NUnit.Framework;

namespace KvTcp.Tests.Store;

/// <summary>Keys that are anything but random must spread over the table like random ones.</summary>
[TestFixture]
public sealed class KeyHashTests
{
    private const int Count = 100_000;

    public static IEnumerable<TestCaseData> KeySets()
    {
        yield return Set("random", i => DataFileGenerator.KeyAt(2, i));
        yield return Set("counting in the last bytes", i => FromHalves(0x1111_2222_3333_4444, (ulong)i));
        yield return Set("counting from zero, all else zero", i => FromHalves(0, (ulong)i));
        yield return Set("counting in the first bytes", i => FromHalves((ulong)i << 40, 7));
        yield return Set("counting in both halves", i => FromHalves((ulong)i, (ulong)i));
        yield return Set("halves that swap", i => i % 2 == 0 ? FromHalves((ulong)i + 2, 1) : FromHalves(1, (ulong)i + 1));
        yield return Set("one or two bits set", i => FromHalves(1UL << (i % 64), (ulong)(i / 64) << 30));
        yield return Set("equal low 32 bits of both halves", i => FromHalves((ulong)i << 32, (ulong)(i * 31) << 32));
        yield return Set("version 1: one clock, one node", i => FromHalves(
            ((0x1234_5678UL + (ulong)i) << 32) | 0xABCD_11EF, 0x8123_0123_4567_89AB));
        yield return Set("version 7: a millisecond each 100 keys, few random bits", i => FromHalves(
            ((0x0192_0000_0000UL + ((ulong)i / 100)) << 16) | 0x7000, 0x8000_0000_0000_0000 | ((ulong)i % 100)));
        yield return Set("made to collide under another seed", MadeToCollide);

        static TestCaseData Set(string name, Func<int, Guid> keyAt) => new TestCaseData(keyAt).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(KeySets))]
    public void Any_key_set_has_short_probes(Func<int, Guid> keyAt)
    {
        var text = new StringBuilder();
        for (int i = 0; i < Count; i++)
        {
            text.Append(keyAt(i)).Append(" v\n");
        }

        using Dataset dataset = DatasetLoader.Load(
            [DataSource.FromStream(new MemoryStream(Encoding.ASCII.GetBytes(text.ToString())), "text")], new DataFileOptions()).Dataset;
        using (Assert.EnterMultipleScope())
        {
            // Linear probing at 3/4 expects a mean of 2.5; random keys at this size stay below 200 at the worst.
            Assert.That(dataset.Count, Is.EqualTo(Count));
            Assert.That(dataset.Statistics.MeanProbe, Is.InRange(2.3, 2.7));
            Assert.That(dataset.Statistics.LongestProbe, Is.LessThan(300));
        }
    }

    [Test]
    public void Every_bit_of_the_key_changes_every_part_of_the_hash()
    {
        var hash = new KeyHash(0x0123456789ABCDEF, 0xFEDCBA9876543210);
        for (int bit = 0; bit < 128; bit++)
        {
            var flips = new int[64];
            for (int i = 0; i < 1000; i++)
            {
                ulong low = (ulong)i * 0x9E3779B97F4A7C15;
                ulong high = (ulong)i;
                ulong other = bit < 64 ? hash.Of(low ^ (1UL << bit), high) : hash.Of(low, high ^ (1UL << (bit - 64)));
                ulong difference = other ^ hash.Of(low, high);
                for (int output = 0; output < 64; output++)
                {
                    flips[output] += (int)(difference >> output) & 1;
                }
            }

            // 500 of 1000 expected; 100 is more than six standard deviations.
            Assert.That(flips, Is.All.InRange(400, 600), $"bit {bit}");
        }
    }

    [Test]
    public void Seeds_are_random() =>
        Assert.That(Enumerable.Range(0, 100).Select(_ => KeyHash.CreateRandom()).Distinct().Count(), Is.EqualTo(100));

    [Test]
    public void Probe_beyond_the_bound_starts_again_with_another_seed()
    {
        byte[] text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 1000).Select(i => $"{FromHalves(0, (ulong)i)} v\n")));
        var attempts = new List<int>();
        var tuning = new LoadTuning
        {
            MaxProbe = 64,
            Hash = attempt =>
            {
                attempts.Add(attempt);
                return attempt < 2 ? DegenerateHash : new KeyHash(77, 99);
            },
        };
        using Dataset dataset = DatasetLoader.Load(
            [DataSource.FromStream(new MemoryStream(text), "text")], new DataFileOptions { Parallelism = 2 }, tuning).Dataset;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(attempts, Is.EqualTo([0, 1, 2]));
            Assert.That(dataset.Count, Is.EqualTo(1000));
            Assert.That(dataset.Statistics.LongestProbe, Is.LessThanOrEqualTo(64));
            Assert.That(dataset.TryGetValue(FromHalves(0, 999), out _), Is.True);
        }
    }

    [Test]
    public void Bound_that_no_seed_can_keep_is_an_error_and_no_endless_loop()
    {
        byte[] text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 1000).Select(i => $"{FromHalves(0, (ulong)i)} v\n")));
        Assert.Throws<UnreachableException>(() => DatasetLoader.Load(
            [DataSource.FromStream(new MemoryStream(text), "text")],
            new DataFileOptions(),
            new LoadTuning { MaxProbe = 1 }).Dataset.Dispose());
    }

    // With a seed of zero, a first half of zero makes the first product zero whatever the second half is.
    private static KeyHash DegenerateHash => new(0, 0);

    private static Guid MadeToCollide(int i)
    {
        // All of them have one hash with the seed (0, 0); a random seed knows nothing of it.
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], (ulong)i * 0x9E3779B97F4A7C15);
        return new Guid(bytes);
    }

    private static Guid FromHalves(ulong first, ulong second)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, first);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], second);
        return new Guid(bytes, bigEndian: true);
    }
}
