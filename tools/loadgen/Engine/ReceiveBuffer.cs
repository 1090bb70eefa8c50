using System.Runtime.InteropServices;

namespace KvTcp.LoadGen;

/// <summary>What a connection has received and not yet read. Grows to hold the longest part of a reply. For one thread.</summary>
internal sealed unsafe class ReceiveBuffer : IDisposable
{
    /// <summary>Twice the largest value that a server of this project can be told to serve, with room for what surrounds it.</summary>
    public const int MaxCapacity = 32 << 20;

    private const int InitialCapacity = 64 << 10;

    private byte* _bytes = (byte*)NativeMemory.Alloc(InitialCapacity);
    private int _capacity = InitialCapacity;
    private int _start;
    private int _end;

    /// <summary>What has been received and not consumed; valid until more is received.</summary>
    public ReadOnlySpan<byte> Unread => new(_bytes + _start, _end - _start);

    /// <summary>Where to receive.</summary>
    public byte* Free => _bytes + _end;

    /// <summary>How much can be received there.</summary>
    public int FreeLength => _capacity - _end;

    /// <summary>Takes note of received bytes.</summary>
    /// <param name="length">How many stand at <see cref="Free"/>.</param>
    public void Append(int length) => _end += length;

    /// <summary>Removes bytes from the front, and makes room for more.</summary>
    /// <param name="length">How many have been read.</param>
    /// <returns>False when a part of a reply is longer than <see cref="MaxCapacity"/>.</returns>
    public bool Consume(int length)
    {
        _start += length;
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_start > 0)
        {
            Unread.CopyTo(new Span<byte>(_bytes, _capacity));
            _end -= _start;
            _start = 0;
        }

        if (_end < _capacity)
        {
            return true;
        }

        if (_capacity == MaxCapacity)
        {
            return false;
        }

        _capacity *= 2;
        _bytes = (byte*)NativeMemory.Realloc(_bytes, (nuint)_capacity);
        return true;
    }

    /// <summary>Forgets all.</summary>
    public void Clear() => _start = _end = 0;

    /// <inheritdoc/>
    public void Dispose() => NativeMemory.Free(_bytes);
}
