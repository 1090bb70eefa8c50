using KvTcp.Cli;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

[TestFixture]
public class CollectionEffortTests
{
    [Test]
    public void Collecting_all_the_time_is_hopeless_after_five_seconds() =>
        Assert.That(LooksUntilHopeless(paused: 0.95, collections: 20), Is.EqualTo(5));

    [Test]
    public void Collecting_half_of_the_time_is_not() =>
        Assert.That(LooksUntilHopeless(paused: 0.5, collections: 20), Is.Null);

    [Test]
    public void Being_stopped_in_a_collection_is_not()
    {
        CollectionEffort effort = new();
        Assert.That(effort.Add(TimeSpan.FromSeconds(100), TimeSpan.FromSeconds(99.9), collections: 20), Is.False);
        for (int i = 0; i < 100; i++)
        {
            Assert.That(effort.Add(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(i % 5 == 0 ? 0.1 : 0.95), collections: 3), Is.False, "it gets on in between");
        }
    }

    [Test]
    public void Long_collections_count_too()
    {
        CollectionEffort effort = new();
        int looks = 1;
        while (!effort.Add(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(2.9), collections: 1) && looks < 100)
        {
            looks++;
        }

        Assert.That(looks, Is.EqualTo(5));
    }

    [Test]
    public void A_single_collection_that_takes_long_is_not_hopeless() =>
        Assert.That(LooksUntilHopeless(paused: 1, collections: 0), Is.Null);

    private static int? LooksUntilHopeless(double paused, int collections)
    {
        CollectionEffort effort = new();
        int look = Enumerable.Range(1, 1_000).FirstOrDefault(_ => effort.Add(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(paused), collections));
        return look == 0 ? null : look;
    }
}
