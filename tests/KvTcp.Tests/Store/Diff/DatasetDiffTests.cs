using System.Text;
using KvTcp.Store;
using NUnit.Framework;

namespace KvTcp.Tests.Store;

public sealed class DatasetDiffTests
{
    [TestCase(0, 0, TestName = "Both_empty")]
    [TestCase(0, 3000, TestName = "First_empty")]
    [TestCase(3000, 0, TestName = "Second_empty")]
    [TestCase(3000, 3000, TestName = "Both_of_a_size")]
    [TestCase(3000, 4000, TestName = "Of_different_sizes")]
    public void Compare_agrees_with_dictionaries(int firstCount, int secondCount)
    {
        var random = new Random(firstCount + secondCount);
        Dictionary<Guid, string> first = Pairs(random, firstCount);
        Dictionary<Guid, string> second = Pairs(random, secondCount);
        Dictionary<Guid, Difference> expected = [];
        foreach (Guid key in first.Keys.Union(second.Keys))
        {
            bool isInFirst = first.TryGetValue(key, out string? old);
            bool isInSecond = second.TryGetValue(key, out string? @new);
            if (!string.Equals(old, @new, StringComparison.Ordinal))
            {
                expected[key] = !isInFirst ? Difference.Added : !isInSecond ? Difference.Removed : Difference.Changed;
            }
        }

        Dictionary<Guid, Difference> actual = [];
        using Dataset a = Load(first);
        using Dataset b = Load(second);
        DiffCounts counts = DatasetDiff.Compare(a, b, (difference, key) => actual.Add(key, difference));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Sorted(actual), Is.EqualTo(Sorted(expected)));
            Assert.That(counts.Added, Is.EqualTo(expected.Values.Count(static d => d == Difference.Added)));
            Assert.That(counts.Removed, Is.EqualTo(expected.Values.Count(static d => d == Difference.Removed)));
            Assert.That(counts.Changed, Is.EqualTo(expected.Values.Count(static d => d == Difference.Changed)));
            Assert.That(counts.Equal, Is.EqualTo(first.Count - counts.Removed - counts.Changed));
            Assert.That(counts.IsSame, Is.EqualTo(expected.Count == 0));
        }
    }

    [Test]
    public void Compare_that_is_cancelled_throws()
    {
        using Dataset dataset = Load(Pairs(new Random(1), 10));
        Assert.That(
            () => DatasetDiff.Compare(dataset, dataset, static (_, _) => { }, cancellationToken: new CancellationToken(canceled: true)),
            Throws.InstanceOf<OperationCanceledException>());
    }

    /// <summary>Keys of a small range and values of a smaller one, so that all kinds of differences occur.</summary>
    private static Dictionary<Guid, string> Pairs(Random random, int count)
    {
        Dictionary<Guid, string> pairs = [];
        while (pairs.Count < count)
        {
            pairs[DataFileGenerator.KeyAt(1, random.Next(5000))] = new string('v', random.Next(3));
        }

        return pairs;
    }

    private static (Guid, Difference)[] Sorted(Dictionary<Guid, Difference> differences) =>
        [.. differences.OrderBy(static pair => pair.Key).Select(static pair => (pair.Key, pair.Value))];

    private static Dataset Load(Dictionary<Guid, string> pairs)
    {
        string text = string.Concat(pairs.Select(static pair => $"{pair.Key} {pair.Value}\n"));
        return DatasetLoader.Load(
            [DataSource.FromStream(new MemoryStream(Encoding.ASCII.GetBytes(text)), "text")], new DataFileOptions()).Dataset;
    }
}
