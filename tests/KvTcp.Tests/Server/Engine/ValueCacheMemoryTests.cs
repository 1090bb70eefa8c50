using KvTcp.Server.Engine;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Server.Engine;

/// <summary>The memory that a cache takes, as the garbage collector sees it.</summary>
[TestFixture]
[Alone]
public class ValueCacheMemoryTests
{
    [Test]
    public void Cache_takes_no_more_memory_than_it_may_also_when_few_long_values_follow_many_short_ones()
    {
        const int Size = 64 << 20;
        long before = GC.GetTotalMemory(forceFullCollection: true);
        ValueCache cache = new(Size, TimeSpan.FromHours(1));
        foreach ((int count, int length) in (ReadOnlySpan<(int, int)>)[(600_000, 0), (8_000, 20_000), (600_000, 20)])
        {
            for (int i = 0; i < count; i++)
            {
                cache.Put(TestDataset.Key(i), new byte[length], Environment.TickCount64);
            }

            long taken = GC.GetTotalMemory(forceFullCollection: true) - before;
            TestContext.Out.WriteLine($"{taken} bytes for {cache.Figures.Entries} values of {length} bytes");
            Assert.That(taken, Is.LessThan(Size), $"{count} values of {length} bytes");
            Assert.That(taken, Is.GreaterThan(Size / 2), "it is full");
        }
    }
}
