using System.Diagnostics;
using System.Runtime.InteropServices;

namespace KvTcp.Store;

/// <summary>A native buffer for text, with readable slack behind it; freed as soon as the load is over.</summary>
internal sealed unsafe class TextBuffer : IDisposable
{
    /// <summary>How many bytes behind the text may be read, with any content.</summary>
    public const int Slack = 64;

    private byte* _start;

    public TextBuffer(int capacity)
    {
        Capacity = capacity;
        _start = (byte*)NativeMemory.Alloc((nuint)capacity + Slack);
    }

    public int Capacity { get; private set; }

    /// <summary>How much of the buffer is filled.</summary>
    public int Length { get; set; }

    public byte* Start => _start;

    public ReadOnlySpan<byte> Text => new(_start, Length);

    /// <summary>What is not filled.</summary>
    public Span<byte> Free => new(_start + Length, Capacity - Length);

    /// <summary>Drops the first bytes and moves the others to the front.</summary>
    public void Drop(int length)
    {
        Debug.Assert(length <= Length);
        Length -= length;
        Buffer.MemoryCopy(_start + length, _start, Capacity, Length);
    }

    /// <summary>Makes the buffer longer and keeps its text.</summary>
    public void Grow(int capacity)
    {
        Debug.Assert(capacity > Capacity);
        _start = (byte*)NativeMemory.Realloc(_start, (nuint)capacity + Slack);
        Capacity = capacity;
    }

    public void Dispose()
    {
        NativeMemory.Free(_start);
        _start = null;
    }
}
