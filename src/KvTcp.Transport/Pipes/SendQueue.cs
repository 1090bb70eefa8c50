using System.Diagnostics;

namespace KvTcp.Transport.Pipes;

/// <summary>
/// What is to be sent: a chain of blocks, and how much of the first is sent already. On the loop only, apart from
/// <see cref="HandOver"/>.
/// </summary>
/// <param name="pool">Gets the blocks that are sent.</param>
internal sealed class SendQueue(BlockPool pool)
{
    private Block? _last;
    private bool _isClosed;

    // From other threads, guarded by this object.
    private Block? _handedFirst;
    private Block? _handedLast;

    /// <summary>The first block with bytes not yet sent.</summary>
    public Block? First { get; private set; }

    /// <summary>How much of <see cref="First"/> is sent.</summary>
    public int Sent { get; private set; }

    /// <summary>Whether everything is sent.</summary>
    public bool IsEmpty => First is null;

    /// <summary>Adds a chain.</summary>
    /// <param name="first">Its first block.</param>
    /// <param name="last">Its last block.</param>
    public void Append(Block first, Block last)
    {
        if (_isClosed)
        {
            pool.ReturnChain(first);
            return;
        }

        if (_last is null)
        {
            First = first;
        }
        else
        {
            _last.Link(first);
        }

        _last = last;
    }

    /// <summary>Adds a chain from another thread than the loop's; <see cref="TakeHandedOver"/> follows on the loop.</summary>
    public void HandOver(Block first, Block last)
    {
        lock (this)
        {
            _handedLast?.Link(first);
            _handedFirst ??= first;
            _handedLast = last;
        }
    }

    /// <summary>Appends what other threads have handed over.</summary>
    public void TakeHandedOver()
    {
        lock (this)
        {
            if (_handedFirst is not null)
            {
                Append(_handedFirst, _handedLast!);
                _handedFirst = _handedLast = null;
            }
        }
    }

    /// <summary>Notes what the kernel has taken.</summary>
    /// <param name="count">How many bytes.</param>
    public void Advance(int count)
    {
        Sent += count;
        while (First is not null && Sent >= First.Filled)
        {
            Block sent = First;
            Sent -= sent.Filled;
            First = sent.Following;
            pool.Return(sent);
        }

        if (First is null)
        {
            Debug.Assert(Sent == 0);
            _last = null;
        }
    }

    /// <summary>Forgets everything, also what is still to come. The kernel has no use for the blocks any more.</summary>
    public void Close()
    {
        _isClosed = true;
        pool.ReturnChain(First);
        First = null;
        _last = null;
        Sent = 0;
    }
}
