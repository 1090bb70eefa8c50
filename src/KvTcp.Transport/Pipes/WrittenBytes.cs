namespace KvTcp.Transport.Pipes;

/// <summary>The bytes that a handler has written and not flushed. One thread at a time.</summary>
/// <param name="pool">Where blocks come from.</param>
internal struct WrittenBytes(BlockPool pool)
{
    private Block? _first;
    private Block? _last;

    /// <summary>How many bytes there are.</summary>
    public long Length { get; private set; }

    /// <summary>Room to write into.</summary>
    /// <param name="sizeHint">How many bytes are needed at least; 0 for some.</param>
    public Memory<byte> Room(int sizeHint)
    {
        if (_last is not Block last || last.Room < Math.Max(1, sizeHint))
        {
            last = Grow(sizeHint);
        }

        return last.Free;
    }

    /// <summary>Adds bytes that were written into <see cref="Room"/>.</summary>
    public void Commit(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count > 0)
        {
            if (_last is null || count > _last.Room)
            {
                throw new InvalidOperationException("More bytes are announced than there was room for.");
            }

            _last.Filled += count;
            Length += count;
        }
    }

    /// <summary>Makes the bytes the loop's.</summary>
    /// <param name="queue">Gets them.</param>
    /// <param name="isOnLoop">Whether the caller is on the loop; if not, the loop has to be told.</param>
    public void MoveTo(SendQueue queue, bool isOnLoop)
    {
        if (_first is not Block first)
        {
            return;
        }

        if (Length == 0)
        {
            pool.ReturnChain(first);
        }
        else if (isOnLoop)
        {
            queue.Append(first, _last!);
        }
        else
        {
            queue.HandOver(first, _last!);
        }

        _first = _last = null;
        Length = 0;
    }

    private Block Grow(int sizeHint)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        Block next = sizeHint > Block.Size ? new Block(sizeHint) : pool.Rent();
        if (_last is null)
        {
            _first = next;
        }
        else
        {
            _last.Link(next);
        }

        _last = next;
        return next;
    }
}
