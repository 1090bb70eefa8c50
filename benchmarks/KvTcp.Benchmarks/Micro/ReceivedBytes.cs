using System.Buffers;

namespace KvTcp.Benchmarks.Micro;

/// <summary>Bytes as a pipe hands them out: a sequence of blocks.</summary>
internal sealed class ReceivedBytes : ReadOnlySequenceSegment<byte>
{
    private ReceivedBytes(ReadOnlyMemory<byte> memory, long runningIndex)
    {
        Memory = memory;
        RunningIndex = runningIndex;
    }

    /// <summary>Cuts bytes into blocks; the last one may be shorter.</summary>
    public static ReadOnlySequence<byte> InBlocks(byte[] bytes, int blockLength)
    {
        ReceivedBytes first = new(bytes.AsMemory(0, Math.Min(blockLength, bytes.Length)), 0);
        ReceivedBytes last = first;
        for (int offset = blockLength; offset < bytes.Length; offset += blockLength)
        {
            ReceivedBytes next = new(bytes.AsMemory(offset, Math.Min(blockLength, bytes.Length - offset)), offset);
            last.Next = next;
            last = next;
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }
}
