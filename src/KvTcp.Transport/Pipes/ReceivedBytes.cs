using System.Buffers;
using System.Diagnostics;

namespace KvTcp.Transport.Pipes;

/// <summary>The bytes that a connection has received and its handler has not consumed. One thread at a time.</summary>
/// <param name="pool">Where blocks come from.</param>
internal struct ReceivedBytes(BlockPool pool)
{
    /// <summary>The least room that is worth a receive.</summary>
    private const int LeastRoom = 4096;

    /// <summary>The most bytes that are moved out of a block for as long as their connection waits.</summary>
    private const int MostParked = 2048;

    private Block? _first;
    private Block? _last;
    private int _start;
    private byte[]? _parked;
    private int _parkedLength;

    /// <summary>Whether there are bytes that the handler has not seen, or has not seen enough of.</summary>
    public bool HasUnexamined { get; private set; }

    /// <summary>All bytes; they stay until <see cref="AdvanceTo"/>.</summary>
    public ReadOnlySequence<byte> Take()
    {
        if (_parked is not null)
        {
            Unpark();
        }

        return _last is null ? default : new ReadOnlySequence<byte>(_first!, _start, _last, _last.Filled);
    }

    /// <summary>Lets go of what was consumed.</summary>
    /// <param name="consumed">A position in the sequence that was taken last.</param>
    /// <param name="examined">Up to where the bytes are of no use without more.</param>
    /// <exception cref="InvalidOperationException">The position is none of that sequence.</exception>
    public void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (_last is null)
        {
            return;
        }

        // Found before anything is given back: a wrong position changes nothing.
        Block? first = _first;
        while (first is not null && first != consumed.GetObject())
        {
            first = first.Following;
        }

        if (first is null)
        {
            throw new InvalidOperationException("The position is not in the bytes that were read.");
        }

        HasUnexamined = examined.GetObject() != _last || examined.GetInteger() != _last.Filled;
        while (_first != first)
        {
            Block next = _first!.Following!;
            pool.Return(_first);
            _first = next;
        }

        _start = consumed.GetInteger();
        if (_start == first.Filled)
        {
            _first = first.Following;
            _start = 0;
            _last = _first is null ? null : _last;
            pool.Return(first);
        }

        HasUnexamined &= _first is not null;
    }

    /// <summary>Where the next bytes are to be received, contiguous to those that are there if they are few.</summary>
    public unsafe byte* ReceiveSpace(out int room)
    {
        if (_last is null)
        {
            _first = _last = pool.Rent();
            _start = 0;
            if (_parked is not null)
            {
                FillFromParked(_last);
            }
        }
        else if (_last.Room < LeastRoom)
        {
            Block next = pool.Rent();
            _last.Append(next);
            _last = next;
        }

        room = _last.Room;
        return _last.Address + _last.Filled;
    }

    /// <summary>Adds bytes that were received into <see cref="ReceiveSpace"/>.</summary>
    public void Commit(int count)
    {
        Debug.Assert(_last is not null && count <= _last.Room);
        _last.Filled += count;
        HasUnexamined = true;
    }

    /// <summary>Adds a block of bytes that were received, contiguous to those that are there if they fit.</summary>
    public void Add(Block block)
    {
        HasUnexamined = true;
        if (_parked is not null)
        {
            Unpark();
        }

        if (_last is null)
        {
            _first = _last = block;
            _start = 0;
        }
        else if (block.Filled <= _last.Room)
        {
            block.Memory.Span.Slice(0, block.Filled).CopyTo(_last.Free.Span);
            _last.Filled += block.Filled;
            pool.Return(block);
        }
        else
        {
            _last.Append(block);
            _last = block;
        }
    }

    /// <summary>Gives the blocks back for as long as the connection waits, if few bytes are in them.</summary>
    public void Park()
    {
        if (_last is null || _first != _last || _last.Filled - _start > MostParked)
        {
            return;
        }

        _parkedLength = _last.Filled - _start;
        if (_parkedLength > 0)
        {
            _parked = ArrayPool<byte>.Shared.Rent(_parkedLength);
            _last.Memory.Span.Slice(_start, _parkedLength).CopyTo(_parked);
        }

        pool.Return(_last);
        _first = _last = null;
    }

    /// <summary>Forgets everything.</summary>
    public void Release()
    {
        pool.ReturnChain(_first);
        _first = _last = null;
        HasUnexamined = false;
        ReleaseParked();
    }

    private void Unpark()
    {
        Debug.Assert(_last is null);
        _first = _last = pool.Rent();
        _start = 0;
        FillFromParked(_last);
    }

    private void FillFromParked(Block block)
    {
        _parked.AsSpan(0, _parkedLength).CopyTo(block.Free.Span);
        block.Filled = _parkedLength;
        ReleaseParked();
    }

    private void ReleaseParked()
    {
        if (_parked is not null)
        {
            ArrayPool<byte>.Shared.Return(_parked);
            _parked = null;
        }
    }
}
