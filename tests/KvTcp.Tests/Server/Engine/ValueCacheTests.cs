using KvTcp.Server.Engine;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Server.Engine;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ValueCacheTests
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    private static long Now => Environment.TickCount64;

    [Test]
    public void TryGet_tells_values_and_that_keys_are_missing()
    {
        ValueCache cache = new(1 << 20, Long);
        cache.Put(TestDataset.Key(0), [1, 2], Now);
        cache.Put(TestDataset.Key(1), [], Now);
        cache.Put(TestDataset.Key(2), value: null, Now);
        Assert.That(cache.TryGet(TestDataset.Key(0), out byte[]? value) && value is [1, 2], Is.True, "a value");
        Assert.That(cache.TryGet(TestDataset.Key(1), out value) && value is [], Is.True, "an empty value");
        Assert.That(cache.TryGet(TestDataset.Key(2), out value) && value is null, Is.True, "a miss");
        Assert.That(cache.TryGet(TestDataset.Key(3), out _), Is.False, "nothing");
        Assert.That((cache.Figures.Hits, cache.Figures.Misses, cache.Figures.Entries), Is.EqualTo((3, 1, 3)));
    }

    [Test]
    public void Put_replaces_the_answer_to_a_key()
    {
        ValueCache cache = new(1 << 20, Long);
        cache.Put(TestDataset.Key(0), new byte[1000], Now);
        long before = cache.Figures.Bytes;
        cache.Put(TestDataset.Key(0), [7], Now);
        Assert.That((cache.TryGet(TestDataset.Key(0), out byte[]? value), value!.Length), Is.EqualTo((true, 1)));
        Assert.That((cache.Figures.Entries, before - cache.Figures.Bytes), Is.EqualTo((1, 999)));
    }

    [Test]
    public async Task Answers_are_given_for_their_time_only_and_misses_for_half_of_it()
    {
        ValueCache cache = new(1 << 20, TimeSpan.FromMilliseconds(400));
        cache.Put(TestDataset.Key(0), [1], Now);
        cache.Put(TestDataset.Key(1), value: null, Now);
        await Patience.UntilAsync(() => Task.FromResult(!cache.TryGet(TestDataset.Key(1), out _)), "the miss is too old");
        await Patience.UntilAsync(() => Task.FromResult(!cache.TryGet(TestDataset.Key(0), out _)), "the value is too old");
        cache.Put(TestDataset.Key(0), [2], Now);
        Assert.That(cache.TryGet(TestDataset.Key(0), out byte[]? value) && value is [2], Is.True, "it is taken anew");
    }

    [Test]
    public void Put_keeps_the_answer_that_was_asked_for_last_whichever_comes_last()
    {
        ValueCache cache = new(1 << 20, Long);
        long now = Now;
        cache.Put(TestDataset.Key(0), [2], now);
        cache.Put(TestDataset.Key(0), [1], now - 1);
        Assert.That(cache.TryGet(TestDataset.Key(0), out byte[]? value) && value is [2], Is.True);
        cache.Put(TestDataset.Key(1), [3], now - (long)Long.TotalMilliseconds);
        Assert.That(cache.TryGet(TestDataset.Key(1), out _), Is.False, "it is as old as the question");
    }

    [TestCase(100_000, 40, Description = "one stripe")]
    [TestCase(4 << 20, 40, Description = "several")]
    [TestCase(4 << 20, 5_000)]
    public void Size_is_never_exceeded_and_mostly_used(int size, int length)
    {
        ValueCache cache = new(size, Long);
        int count = 4 * size / (length + 100);
        for (int i = 0; i < count; i++)
        {
            cache.Put(TestDataset.Key(i), new byte[length], Now);
            Assert.That(cache.Figures.Bytes, Is.LessThanOrEqualTo(size));
        }

        CacheFigures figures = cache.Figures;
        Assert.That(figures.Bytes, Is.GreaterThan(size * 3 / 4));
        Assert.That(figures.Entries + figures.Evictions, Is.EqualTo(count));
    }

    [Test]
    public void Answer_that_is_longer_than_a_stripe_is_not_kept()
    {
        ValueCache cache = new(100_000, Long);
        cache.Put(TestDataset.Key(0), [1], Now);
        cache.Put(TestDataset.Key(1), new byte[100_001], Now);
        Assert.That((cache.TryGet(TestDataset.Key(0), out _), cache.TryGet(TestDataset.Key(1), out _)), Is.EqualTo((true, false)));
    }

    [Test]
    public void Keys_that_are_used_outlive_those_that_are_not()
    {
        ValueCache cache = new(200_000, Long);
        Guid[] used = [.. Enumerable.Range(0, 50).Select(TestDataset.Key)];
        Array.ForEach(used, key => cache.Put(key, new byte[40], Now));
        for (int i = 1000; i < 20_000; i++)
        {
            cache.Put(TestDataset.Key(i), new byte[40], Now);
            cache.TryGet(used[i % used.Length], out _);
        }

        Assert.That(used.Count(key => cache.TryGet(key, out _)), Is.EqualTo(used.Length));
    }

    [Test]
    public void Cache_holds_right_values_under_use_from_several_threads()
    {
        ValueCache cache = new(200_000, Long);
        int wrong = 0;
        Parallel.For(0, 4, thread =>
        {
            Random random = new(thread);
            for (int i = 0; i < 100_000; i++)
            {
                int number = random.Next(5_000);
                if (!cache.TryGet(TestDataset.Key(number), out byte[]? value))
                {
                    cache.Put(TestDataset.Key(number), BitConverter.GetBytes(number), Now);
                }
                else if (BitConverter.ToInt32(value!) != number)
                {
                    Interlocked.Increment(ref wrong);
                }
            }
        });
        Assert.That(wrong, Is.Zero);
        Assert.That(cache.Figures.Bytes, Is.LessThanOrEqualTo(200_000));
    }
}
