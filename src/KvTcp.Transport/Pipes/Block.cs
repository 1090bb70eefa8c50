using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace KvTcp.Transport.Pipes;

/// <summary>
/// Memory for bytes that are received or sent, at an address that does not move. Blocks form chains, which handlers see as
/// sequences. One thread at a time.
/// </summary>
internal sealed unsafe class Block : ReadOnlySequenceSegment<byte>
{
    /// <summary>The size of a block from the pool: the replies of one drain fit, and so do requests in plenty.</summary>
    public const int Size = 32 * 1024;

    private readonly byte[] _array;

    /// <summary>Allocates a block.</summary>
    /// <param name="size">Its size in bytes.</param>
    public Block(int size)
    {
        _array = GC.AllocateUninitializedArray<byte>(size, pinned: true);
        Address = (byte*)Unsafe.AsPointer(ref _array[0]);
        Memory = _array;
    }

    /// <summary>Where it starts.</summary>
    public byte* Address { get; }

    /// <summary>How many bytes, from its start, are in it.</summary>
    public int Filled { get; set; }

    /// <summary>How many more fit.</summary>
    public int Room => _array.Length - Filled;

    /// <summary>Its size.</summary>
    public int Capacity => _array.Length;

    /// <summary>What may still be written.</summary>
    public Memory<byte> Free => _array.AsMemory(Filled);

    /// <summary>The next one of the chain.</summary>
    public Block? Following => Unsafe.As<Block?>(Next);

    /// <summary>Puts an empty block behind this one, which is then no longer filled, so that both are parts of one sequence.</summary>
    public void Append(Block next)
    {
        Debug.Assert(Next is null && next.Next is null);
        Memory = _array.AsMemory(0, Filled);
        next.RunningIndex = RunningIndex + Filled;
        Next = next;
    }

    /// <summary>Puts a chain behind this one, where only the order of the blocks matters.</summary>
    public void Link(Block next)
    {
        Debug.Assert(Next is null);
        Next = next;
    }

    /// <summary>Makes it a block alone, with its bytes.</summary>
    /// <returns>The blocks that were linked behind it.</returns>
    public Block? Unlink()
    {
        Block? following = Following;
        Next = null;
        return following;
    }

    /// <summary>Makes it a block alone, without bytes.</summary>
    public void Reset()
    {
        Filled = 0;
        RunningIndex = 0;
        if (Next is not null)
        {
            Memory = _array;
            Next = null;
        }
    }
}
