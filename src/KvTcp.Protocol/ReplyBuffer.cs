using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace KvTcp.Protocol;

/// <summary>
/// Collects bytes in the buffers of a buffer writer: what the writers of all protocols have in common. Not thread-safe;
/// <see cref="Complete"/> hands over what is still held back.
/// </summary>
/// <remarks>
/// It asks for a new buffer only when the current one is full and never for more than a few bytes, so that a pipe over
/// fixed blocks stays on its blocks: a value longer than the rest of a block goes on in the next.
/// </remarks>
internal ref struct ReplyBuffer
{
    private readonly IBufferWriter<byte> _output;
    private Span<byte> _buffer;
    private int _used;
    private long _completed;

    public ReplyBuffer(IBufferWriter<byte> output)
    {
        _output = output;
    }

    /// <summary>How many bytes have been written.</summary>
    public readonly long Written => _completed + _used;

    /// <summary>The rest of the current buffer; may be empty.</summary>
    public readonly Span<byte> Free
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _buffer.Slice(_used);
    }

    /// <summary>Takes bytes that were put into <see cref="Free"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Advance(int count)
    {
        Debug.Assert(count <= Free.Length);
        _used += count;
    }

    /// <summary>Writes bytes, in as many buffers as they take.</summary>
    public void Write(scoped ReadOnlySpan<byte> bytes)
    {
        for (; ; )
        {
            Span<byte> free = Free;
            int count = Math.Min(free.Length, bytes.Length);
            bytes.Slice(0, count).CopyTo(free);
            _used += count;
            if (count == bytes.Length)
            {
                return;
            }

            bytes = bytes.Slice(count);
            HandOver();
            _buffer = _output.GetSpan();
        }
    }

    /// <summary>Hands what was written to the output. Nothing may be written afterwards.</summary>
    public void Complete()
    {
        HandOver();
        _buffer = default;
    }

    private void HandOver()
    {
        if (_used > 0)
        {
            _output.Advance(_used);
            _completed += _used;
            _used = 0;
        }
    }
}
