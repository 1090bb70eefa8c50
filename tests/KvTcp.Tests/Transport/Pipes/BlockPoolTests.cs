using System.Runtime.CompilerServices;
using KvTcp.Transport.Pipes;
using NUnit.Framework;

namespace KvTcp.Tests.Transport.Pipes;

/// <summary>What becomes of the blocks that are given back. Alone, since a look of the collector at the whole heap, for whatever other tests do, changes that.</summary>
[Alone]
public sealed class BlockPoolTests
{
    /// <summary>16 of the loop's and 256 of everybody's.</summary>
    private const int Kept = 272;

    private const int More = 100;

    /// <summary>The collector may look at the whole heap when it is asked to look at a part.</summary>
    private const int MostAttempts = 10;

    private readonly BlockPool _pool = new(Thread.CurrentThread);

    [Test]
    public void Blocks_come_back_whatever_was_collected_of_the_young_generations()
    {
        WeakReference[] blocks;
        Block[] rented;
        int looks;
        int attempts = 0;
        do
        {
            blocks = RentAndReturn(Kept + More);
            looks = GC.CollectionCount(2);
            GC.Collect(generation: 0);
            GC.Collect(generation: 1);
            rented = Rent(Kept + More);
        }
        while (GC.CollectionCount(2) != looks && ++attempts < MostAttempts);

        Assert.That(rented, Is.EquivalentTo(blocks.Select(static block => block.Target)));
    }

    [Test]
    public void Blocks_beyond_those_that_are_kept_go_when_the_whole_heap_is_collected_and_others_come()
    {
        WeakReference[] blocks = RentAndReturn(Kept + More);
        GC.Collect();
        Assert.That(blocks.Count(static block => block.IsAlive), Is.EqualTo(Kept));
        Block[] others = Rent(Kept + More);
        Assert.That(others, Is.Unique);
        Array.ForEach(others, _pool.Return);
        Assert.That(Rent(Kept + More), Is.EquivalentTo(others));
    }

    [Test]
    public void No_more_blocks_are_spare_than_there_may_be()
    {
        SpareBlocks spare = new(most: 2);
        Block[] blocks = [spare.Take(), spare.Take(), spare.Take()];
        Array.ForEach(blocks, spare.Add);
        Assert.That(new[] { spare.Take(), spare.Take() }, Is.EqualTo(new[] { blocks[1], blocks[0] }));
        Assert.That(blocks, Does.Not.Contain(spare.Take()));
    }

    private Block[] Rent(int count) => [.. Enumerable.Range(0, count).Select(_ => _pool.Rent())];

    // What a method has held may be held until it returns.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference[] RentAndReturn(int count)
    {
        Block[] blocks = Rent(count - 1);

        // So much has been allocated that the next look of the collector might be one at the whole heap. This is one, so what is given back before
        // another block is asked for would not be kept.
        GC.Collect();
        blocks = [.. blocks, _pool.Rent()];
        Array.ForEach(blocks, _pool.Return);
        return [.. blocks.Select(static block => new WeakReference(block))];
    }
}
