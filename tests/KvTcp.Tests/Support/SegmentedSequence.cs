using System.Buffers;

namespace KvTcp.Tests.Support;

/// <summary>
/// Cuts bytes into the pieces in which a network may deliver them. Every piece lies in an array of its own between poison, so
/// that a parser that looks beyond its input meets bytes that change the result.
/// </summary>
internal static class SegmentedSequence
{
    private const int Padding = 64;

    /// <summary>One piece.</summary>
    public static ReadOnlySequence<byte> Whole(ReadOnlySpan<byte> bytes, byte poison = (byte)'\n') => Of(bytes, [], poison);

    /// <summary>Pieces that end at the given offsets and at the end; equal offsets make empty pieces.</summary>
    public static ReadOnlySequence<byte> Of(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> offsets, byte poison = (byte)'\n')
    {
        Segment? first = null;
        Segment? last = null;
        int start = 0;
        for (int i = 0; i <= offsets.Length; i++)
        {
            int end = i < offsets.Length ? offsets[i] : bytes.Length;
            last = new Segment(Poisoned(bytes[start..end], poison), last);
            first ??= last;
            start = end;
        }

        return new ReadOnlySequence<byte>(first!, 0, last!, last!.Memory.Length);
    }

    /// <summary>Every byte in a piece of its own.</summary>
    public static ReadOnlySequence<byte> ByteByByte(ReadOnlySpan<byte> bytes, byte poison = (byte)'\n') =>
        Of(bytes, Enumerable.Range(1, Math.Max(0, bytes.Length - 1)).ToArray(), poison);

    /// <summary>The bytes whole, cut in two at every offset (also at both ends), in three with an empty middle, and byte by byte.</summary>
    public static IEnumerable<ReadOnlySequence<byte>> EverySplit(byte[] bytes)
    {
        foreach (byte poison in "\n \r0"u8.ToArray())
        {
            yield return Whole(bytes, poison);
            yield return ByteByByte(bytes, poison);
        }

        for (int offset = 0; offset <= bytes.Length; offset++)
        {
            yield return Of(bytes, [offset]);
            yield return Of(bytes, [offset, offset], (byte)' ');
        }
    }

    /// <summary>The bytes between poison.</summary>
    public static ReadOnlyMemory<byte> Poisoned(ReadOnlySpan<byte> bytes, byte poison)
    {
        byte[] padded = new byte[bytes.Length + 2 * Padding];
        padded.AsSpan().Fill(poison);
        bytes.CopyTo(padded.AsSpan(Padding));
        return padded.AsMemory(Padding, bytes.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? previous)
        {
            Memory = memory;
            if (previous is not null)
            {
                RunningIndex = previous.RunningIndex + previous.Memory.Length;
                previous.Next = this;
            }
        }
    }
}
