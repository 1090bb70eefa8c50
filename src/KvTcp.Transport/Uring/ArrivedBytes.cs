using KvTcp.Transport.Pipes;

namespace KvTcp.Transport.Uring;

/// <summary>Bytes that have arrived and that no read has asked for yet. On the loop only.</summary>
internal struct ArrivedBytes
{
    private Block? _first;

    /// <summary>Whether there are none.</summary>
    public readonly bool IsEmpty => _first is null;

    /// <summary>Adds what a receive has brought.</summary>
    /// <param name="buffers">Where it lies.</param>
    /// <param name="completion">The receive's completion.</param>
    public void Add(BufferRing buffers, in Completion completion)
    {
        Block? last = _first;
        while (last?.Following is Block next)
        {
            last = next;
        }

        if (last is not null && completion.Result <= last.Room)
        {
            // A block for each packet of a byte would be much.
            buffers.Peek(completion).CopyTo(last.Free.Span);
            last.Filled += completion.Result;
            buffers.GiveBack(completion);
            return;
        }

        Block block = buffers.Take(completion);
        if (last is null)
        {
            _first = block;
        }
        else
        {
            last.Link(block);
        }
    }

    /// <summary>Takes them: a chain, or null.</summary>
    public Block? Take()
    {
        Block? first = _first;
        _first = null;
        return first;
    }
}
