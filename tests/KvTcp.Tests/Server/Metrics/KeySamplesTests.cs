using KvTcp.Server.Metrics;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Server.Metrics;

/// <summary>The keys that are asked for most.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class KeySamplesTests
{
    [Test]
    public void Frequent_keys_come_first_with_their_share_however_many_others_there_are()
    {
        KeySamples samples = new();
        for (int i = 0; i < 30_000; i++)
        {
            samples.Add(i % 4 == 0 ? TestDataset.Key(1) : i % 10 == 1 ? TestDataset.Key(2) : TestDataset.Missing(i));
        }

        IReadOnlyList<(Guid Key, double Share)> top = samples.Top(2);
        Assert.That(top.Select(static one => one.Key), Is.EqualTo(new[] { TestDataset.Key(1), TestDataset.Key(2) }));
        Assert.That(top[0].Share, Is.EqualTo(0.25).Within(0.02));
        Assert.That(samples.Top(1_000), Has.Count.LessThanOrEqualTo(256));
    }

    [Test]
    public void Keys_that_were_met_once_are_not_told()
    {
        KeySamples samples = new();
        samples.Add(TestDataset.Key(1));
        Assert.That(samples.Top(10), Is.Empty);
    }

    [Test]
    public void What_was_asked_long_ago_fades()
    {
        KeySamples samples = new();
        for (int i = 0; i < 30_000; i++)
        {
            samples.Add(TestDataset.Key(1));
        }

        for (int i = 0; i < 200_000; i++)
        {
            samples.Add(TestDataset.Key(2));
        }

        Assert.That(samples.Top(1)[0], Is.EqualTo((TestDataset.Key(2), 1.0)).Using<(Guid Key, double Share)>(
            static (a, b) => a.Key == b.Key && Math.Abs(a.Share - b.Share) < 0.1));
    }
}
