using System.Buffers;

namespace KvTcp.Fuzz;

/// <summary>
/// Cuts bytes into the pieces in which a network may deliver them, each in an array of its own between bytes that change the
/// result of a reader that looks beyond. What it gives is valid until the next call. Not thread-safe.
/// </summary>
internal sealed class Pieces
{
    private const int Most = 6;
    private const int Padding = 64;

    private readonly Segment[] _segments = [.. Enumerable.Range(0, Most).Select(static _ => new Segment())];

    /// <summary>Cuts at random places; some pieces may be empty.</summary>
    public ReadOnlySequence<byte> Cut(ReadOnlySpan<byte> bytes, InputRandom random)
    {
        int count = 1 + random.Below(Most);
        byte poison = random.Pick("\n \r0"u8);
        Segment? last = null;
        for (int i = 0; i < count; i++)
        {
            int length = i == count - 1 ? bytes.Length : random.Below(bytes.Length + 1);
            _segments[i].Fill(bytes.Slice(0, length), poison, last);
            bytes = bytes.Slice(length);
            last = _segments[i];
        }

        return new ReadOnlySequence<byte>(_segments[0], 0, last!, last!.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        private byte[] _bytes = new byte[256];

        public void Fill(ReadOnlySpan<byte> bytes, byte poison, Segment? previous)
        {
            if (_bytes.Length < bytes.Length + (2 * Padding))
            {
                _bytes = new byte[2 * (bytes.Length + (2 * Padding))];
            }

            _bytes.AsSpan(0, Padding).Fill(poison);
            _bytes.AsSpan(Padding + bytes.Length, Padding).Fill(poison);
            bytes.CopyTo(_bytes.AsSpan(Padding));
            Memory = _bytes.AsMemory(Padding, bytes.Length);
            RunningIndex = 0;
            Next = null;
            if (previous is not null)
            {
                RunningIndex = previous.RunningIndex + previous.Memory.Length;
                previous.Next = this;
            }
        }
    }
}
