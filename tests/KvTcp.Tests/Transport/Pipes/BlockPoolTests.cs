using System.Runtime.CompilerServices;
using KvTcp.Transport.Pipes;
using NUnit.Framework;

namespace KvTcp.Tests.Transport.Pipes;

/// <summary>What becomes of the blocks that are given back.</summary>
[TestFixture]
[NonParallelizable]
public sealed class BlockPoolTests
{
    /// <summary>16 of the loop's and 256 of everybody's.</summary>
    private const int Kept = 272;

    [TestCase(Kept)]
    [TestCase(Kept + 100)]
    public void Blocks_come_back_whatever_was_collected_of_the_young_generations(int count)
    {
        BlockPool pool = new(Thread.CurrentThread);
        Block[] blocks = Rent(pool, count);
        Array.ForEach(blocks, pool.Return);
        GC.Collect(generation: 0);
        GC.Collect(generation: 1);
        Assert.That(Rent(pool, count), Is.EquivalentTo(blocks));
    }

    [Test]
    public void Blocks_beyond_those_that_are_kept_go_when_the_whole_heap_is_collected()
    {
        BlockPool pool = new(Thread.CurrentThread);
        WeakReference[] blocks = RentAndReturn(pool, Kept + 100);
        GC.Collect();
        Assert.That(blocks.Count(static block => block.IsAlive), Is.EqualTo(Kept));
        Assert.That(Rent(pool, Kept + 100), Is.Unique);
    }

    [Test]
    public void No_more_blocks_are_spare_than_there_may_be()
    {
        SpareBlocks spare = new(most: 2);
        Block[] blocks = [new Block(1), new Block(1), new Block(1)];
        Array.ForEach(blocks, spare.Add);
        Assert.That(new[] { spare.TryTake(), spare.TryTake(), spare.TryTake() }, Is.EqualTo(new[] { blocks[1], blocks[0], null }));
    }

    private static Block[] Rent(BlockPool pool, int count) => [.. Enumerable.Range(0, count).Select(_ => pool.Rent())];

    // What a method has held may be held until it returns.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] RentAndReturn(BlockPool pool, int count)
    {
        Block[] blocks = Rent(pool, count);
        Array.ForEach(blocks, pool.Return);
        return [.. blocks.Select(static block => new WeakReference(block))];
    }
}
