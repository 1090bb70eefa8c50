using System.Buffers;

namespace KvTcp.Tests.Support;

/// <summary>
/// A buffer writer over blocks of a fixed size, as a pipe is, that checks how it is used: nothing is written beyond a span that
/// was handed out.
/// </summary>
internal sealed class BlockBufferWriter(int blockSize) : IBufferWriter<byte>
{
    private const byte Poison = 0xEE;

    private readonly List<byte> _written = [];
    private byte[] _block = [];
    private int _handedOut;
    private int _used;
    private int _size;

    /// <summary>Everything that was written.</summary>
    public byte[] Written => [.. _written];

    /// <summary>How many bytes were written.</summary>
    public int WrittenCount => _written.Count;

    /// <summary>The largest size that was asked for.</summary>
    public int LargestSizeHint { get; private set; }

    /// <summary>How often a block was left before it was full.</summary>
    public int BlocksLeftPartlyFilled { get; private set; }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _handedOut);
        if (_block.AsSpan(_size).ContainsAnyExcept(Poison))
        {
            throw new InvalidOperationException("Bytes were written beyond the block.");
        }

        _written.AddRange(_block.AsSpan(_used, count));
        _used += count;
        _handedOut = 0;
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        LargestSizeHint = Math.Max(LargestSizeHint, sizeHint);
        if (_size - _used < Math.Max(1, sizeHint))
        {
            BlocksLeftPartlyFilled += _used < _size ? 1 : 0;
            _size = Math.Max(blockSize, sizeHint);
            _block = new byte[_size + 64];
            _block.AsSpan().Fill(Poison);
            _used = 0;
        }

        _handedOut = _size - _used;
        return _block.AsSpan(_used, _handedOut);
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => throw new NotSupportedException("The writers under test use spans.");
}
