using System.Buffers;

namespace KvTcp.Server;

/// <summary>A received line in one piece: where it was received when it lies within a segment, else in a rented copy.</summary>
internal ref struct ContiguousLine
{
    private byte[]? _rented;

    /// <summary>Joins a line; <see cref="Dispose"/> gives the copy back.</summary>
    /// <param name="line">The line.</param>
    public ContiguousLine(ReadOnlySequence<byte> line)
    {
        if (line.IsSingleSegment)
        {
            Text = line.FirstSpan;
            return;
        }

        int length = (int)line.Length;
        _rented = ArrayPool<byte>.Shared.Rent(length);
        line.CopyTo(_rented);
        Text = _rented.AsSpan(0, length);
    }

    /// <summary>The line.</summary>
    public ReadOnlySpan<byte> Text { get; private set; }

    /// <summary>Ends the use of <see cref="Text"/>.</summary>
    public void Dispose()
    {
        Text = default;
        if (_rented is not null)
        {
            ArrayPool<byte>.Shared.Return(_rented);
            _rented = null;
        }
    }
}
