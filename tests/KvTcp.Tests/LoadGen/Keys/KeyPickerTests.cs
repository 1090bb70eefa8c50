using System.Text;
using KvTcp.LoadGen;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Keys;

public sealed class KeyPickerTests
{
    private const int Keys = 100;
    private const int Picks = 200_000;

    private TemporaryDirectory _directory = null!;
    private KeyFile _file = null!;

    [OneTimeSetUp]
    public void OpenFile()
    {
        _directory = new TemporaryDirectory();
        _file = KeyFile.Open(_directory.Write("data", string.Concat(Enumerable.Range(0, Keys).Select(static i => $"{TestDataset.Key(i)} v\n"))));
    }

    [OneTimeTearDown]
    public void CloseFile()
    {
        _file.Dispose();
        _directory.Dispose();
    }

    [Test]
    public void Uniform_choice_takes_every_key_about_equally_often()
    {
        int[] counts = Counts(new KeyChoice());

        // 2,000 expected, with a standard deviation of 44.5; the seed is fixed.
        Assert.That(counts, Has.All.InRange(1780, 2220));
    }

    [TestCase(0.5)]
    [TestCase(0.99)]
    [TestCase(1.0)]
    [TestCase(2.0)]
    public void Zipf_choice_follows_the_law(double exponent)
    {
        int[] counts = [.. Counts(new KeyChoice(0, exponent)).OrderDescending()];
        double norm = Enumerable.Range(1, Keys).Sum(rank => Math.Pow(rank, -exponent));
        for (int rank = 1; rank <= Keys; rank++)
        {
            double expected = Picks * Math.Pow(rank, -exponent) / norm;

            // Five standard deviations, and a few ranks' worth for those that chance has put in another order.
            Assert.That(counts[rank - 1], Is.EqualTo(expected).Within((5 * Math.Sqrt(expected)) + (0.05 * expected) + 5), $"rank {rank}");
        }
    }

    [Test]
    public void Popular_keys_are_the_same_in_all_threads_and_not_the_first_of_the_file()
    {
        int[][] favourites = [.. Enumerable.Range(0, 4).Select(Favourites)];
        Assert.That(favourites, Has.All.EqualTo(favourites[0]));
        Assert.That(favourites[0], Is.Not.EqualTo(new[] { 0, 1, 2 }));
        int[] Favourites(int thread) =>
            [.. Counts(new KeyChoice(0, 1.5), thread).Index().OrderByDescending(static count => count.Item).Take(3).Select(static count => count.Index)];
    }

    [TestCase(0.0)]
    [TestCase(0.25)]
    [TestCase(1.0)]
    public void Misses_have_their_share_and_are_not_in_the_file(double share)
    {
        long[] keys = Pick(new KeyChoice(share), thread: 0);
        HashSet<Guid> present = [.. Enumerable.Range(0, Keys).Select(TestDataset.Key)];
        Guid[] missing = [.. keys.Where(static key => key < 0).Select(key => Guid.Parse(Text(key)))];
        Assert.That(missing, Has.None.Matches<Guid>(present.Contains));
        Assert.That(missing.Length / (double)Picks, Is.EqualTo(share).Within(0.005));
        Assert.That(missing.Select(static key => (key.Version, key.Variant & 0b1100)), Has.All.EqualTo((4, 0b1000)), "version 4 of RFC 9562");
        Assert.That(missing.Distinct().Count(), Is.EqualTo(missing.Length));
    }

    [Test]
    public void Write_gives_the_text_of_the_file()
    {
        Assert.That(Text(7), Is.EqualTo(TestDataset.Key(7).ToString()));
    }

    [Test]
    public void Equal_seeds_choose_equal_keys_and_threads_choose_others()
    {
        KeyChoice choice = new(0.5);
        long[] keys = Pick(choice, thread: 0);
        Assert.That(Pick(choice, thread: 0), Is.EqualTo(keys));
        Assert.That(Pick(choice, thread: 1), Is.Not.EqualTo(keys));
    }

    [Test]
    public void Permutation_is_one_for_every_count([Range(1, 130)] int count)
    {
        RankPermutation permutation = new(count, seed: 5);
        Assert.That(Enumerable.Range(0, count).Select(rank => permutation[rank]).Order(), Is.EqualTo(Enumerable.Range(0, count)));
    }

    private int[] Counts(KeyChoice choice, int thread = 0)
    {
        int[] counts = new int[Keys];
        foreach (long key in Pick(choice, thread))
        {
            counts[key]++;
        }

        return counts;
    }

    private long[] Pick(KeyChoice choice, int thread)
    {
        KeyPicker picker = new(_file, choice, seed: 3, thread);
        long[] keys = new long[Picks];
        for (int start = 0; start < Picks; start += KeyPicker.BatchSize)
        {
            picker.Pick(keys.AsSpan(start, Math.Min(KeyPicker.BatchSize, Picks - start)));
        }

        return keys;
    }

    private unsafe string Text(long key)
    {
        byte[] text = new byte[36];
        fixed (byte* target = text)
        {
            KeyPicker.Write(_file, key, target);
        }

        return Encoding.ASCII.GetString(text);
    }
}
