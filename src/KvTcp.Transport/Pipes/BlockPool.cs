namespace KvTcp.Transport.Pipes;

/// <summary>
/// The blocks of a loop. Thread-safe; on the loop's own thread without a lock, the block used last first, since the processor's
/// caches hold it.
/// </summary>
/// <param name="loopThread">The loop's thread.</param>
internal sealed class BlockPool(Thread loopThread)
{
    /// <summary>How many unused blocks the loop keeps for itself: those of the connection that it is dealing with, and some.</summary>
    private const int MostMine = 16;

    /// <summary>How many more are kept, 8 MiB.</summary>
    private const int MostShared = 256;

    /// <summary>How many more are spare, 64 MiB; the garbage collector gets the rest.</summary>
    private const int MostSpare = 2048;

    private readonly Stack<Block> _mine = new();
    private readonly Lock _lock = new();
    private readonly Stack<Block> _shared = new();
    private readonly SpareBlocks _spare = new(MostSpare);

    /// <summary>Takes an empty block of <see cref="Block.Size"/>.</summary>
    public Block Rent()
    {
        if (Thread.CurrentThread == loopThread && _mine.TryPop(out Block? block))
        {
            return block;
        }

        lock (_lock)
        {
            return _shared.TryPop(out block) ? block : _spare.Take();
        }
    }

    /// <summary>Gives a block back; nobody may use it any more.</summary>
    public void Return(Block block)
    {
        if (block.Capacity != Block.Size)
        {
            // Made for a single large write.
            return;
        }

        block.Reset();
        if (Thread.CurrentThread == loopThread && _mine.Count < MostMine)
        {
            _mine.Push(block);
            return;
        }

        lock (_lock)
        {
            if (_shared.Count < MostShared)
            {
                _shared.Push(block);
            }
            else
            {
                _spare.Add(block);
            }
        }
    }

    /// <summary>Gives a chain back.</summary>
    public void ReturnChain(Block? first)
    {
        while (first is not null)
        {
            Block? next = first.Following;
            Return(first);
            first = next;
        }
    }
}
