namespace KvTcp.Transport.Pipes;

/// <summary>
/// Blocks that many clients at once have needed. They wait to be needed again, and are the garbage collector's when it looks at the whole heap, as it
/// does where memory is short. One thread at a time.
/// </summary>
/// <remarks>
/// Were they the collector's at once, a crowd that asks, does not read, is reset and comes again would make it look at the whole heap over and over,
/// for memory that the next ones need. Were they kept for good, a heap at its limit could not free them.
/// </remarks>
/// <param name="most">How many there may be.</param>
internal sealed class SpareBlocks(int most)
{
    // Among the pinned arrays, where only a look at the whole heap finds it dead. Until then it keeps the blocks, those of the youngest generation too.
    private readonly WeakReference<Block?[]?> _blocks = new(null);
    private int _count;

    /// <summary>Takes the one that was added last, or else makes one.</summary>
    public Block Take()
    {
        if (!_blocks.TryGetTarget(out Block?[]? blocks))
        {
            // Here, where memory is asked for, and not where it is given back.
            blocks = GC.AllocateArray<Block?>(most, pinned: true);
            _blocks.SetTarget(blocks);
            _count = 0;
        }

        if (_count == 0)
        {
            return new Block(Block.Size);
        }

        _count--;
        Block block = blocks[_count]!;
        blocks[_count] = null;
        return block;
    }

    /// <summary>Adds an empty block. Those that are too many, or come before the next <see cref="Take"/> after a look at the whole heap, are the collector's.</summary>
    public void Add(Block block)
    {
        if (_blocks.TryGetTarget(out Block?[]? blocks) && _count < most)
        {
            blocks[_count++] = block;
        }
    }
}
