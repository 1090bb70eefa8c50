using System.ComponentModel;
using System.Runtime.InteropServices;
using KvTcp.Transport.Linux;
using KvTcp.Transport.Pipes;

namespace KvTcp.Transport.Uring;

/// <summary>
/// The blocks that the kernel takes to receive into, one for each completion of a receive. So a connection that waits has none. On
/// the loop only.
/// </summary>
/// <remarks>What it gives away it replaces at once from the pool, so it is empty only while more receives complete in one call than it has blocks.</remarks>
internal sealed unsafe class BufferRing : IDisposable
{
    /// <summary>The number by which receives name it; a ring has one.</summary>
    public const ushort Group = 0;

    private readonly BlockPool _pool;
    private readonly Block[] _blocks;
    private readonly Entry* _entries;
    private readonly nuint _length;
    private readonly int _mask;
    private ushort _tail;

    /// <summary>Makes it, full; <see cref="Ring.Register"/> follows.</summary>
    /// <param name="pool">Where blocks come from.</param>
    /// <param name="count">How many; a power of two, at most 32,768.</param>
    /// <exception cref="Win32Exception">The system has no memory.</exception>
    public BufferRing(BlockPool pool, int count)
    {
        _pool = pool;
        _mask = count - 1;
        _length = (nuint)(count * sizeof(Entry));
        _entries = (Entry*)UringCalls.MapPages(_length);
        if (_entries is null)
        {
            throw new Win32Exception(Errno.Last);
        }

        _blocks = new Block[count];
        for (int i = 0; i < count; i++)
        {
            Put(i, pool.Rent());
        }
    }

    /// <summary>A block that the kernel has filled, which becomes the caller's.</summary>
    /// <param name="completion">The completion that names it.</param>
    public Block Take(in Completion completion)
    {
        Block block = _blocks[completion.Buffer];
        block.Filled = completion.Result;
        Put(completion.Buffer, _pool.Rent());
        return block;
    }

    /// <summary>The bytes of a block that the kernel has filled, until <see cref="GiveBack"/>.</summary>
    public ReadOnlySpan<byte> Peek(in Completion completion) => new(_blocks[completion.Buffer].Address, completion.Result);

    /// <summary>Gives a block back that was not taken.</summary>
    public void GiveBack(in Completion completion) => Put(completion.Buffer, _blocks[completion.Buffer]);

    /// <summary>What the kernel is told of it.</summary>
    public Registration Describe() => new() { Address = _entries, Count = (uint)_blocks.Length, Group = Group };

    /// <summary>Frees it, after the ring is disposed.</summary>
    public void Dispose()
    {
        Array.ForEach(_blocks, _pool.Return);
        _ = UringCalls.Unmap(_entries, _length);
    }

    private void Put(int buffer, Block block)
    {
        _blocks[buffer] = block;
        Entry* entry = _entries + (_tail & _mask);
        entry->Address = block.Address;
        entry->Length = (uint)block.Capacity;
        entry->Buffer = (ushort)buffer;
        _tail++;

        // The tail lies in the first entry, where that has nothing.
        Volatile.Write(ref _entries->Tail, _tail);
    }

    /// <summary>struct io_uring_buf_reg.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 40)]
    public struct Registration
    {
        public void* Address;
        public uint Count;
        public ushort Group;
    }

    /// <summary>struct io_uring_buf.</summary>
    private struct Entry
    {
        public byte* Address;
        public uint Length;
        public ushort Buffer;
        public ushort Tail;
    }
}
