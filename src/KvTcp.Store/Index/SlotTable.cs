using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using KvTcp.Store.Memory;

namespace KvTcp.Store.Index;

// slot = tag(24 high bits) offset(40 low bits)     0 is empty: no record has offset 0
// A key's home is the high half of hash * homes; from there the search goes up, slot by slot, to an empty one. Behind the
// homes stand spare slots, as many as the longest probe may be long, so no search ever wraps or runs out of the table.

/// <summary>The index: an open-addressing table of slots that point at records.</summary>
internal sealed unsafe class SlotTable : IDisposable
{
    /// <summary>
    /// No key looks at more slots than this. At a load of 3/4 the longest probe grows with the logarithm of the keys, and
    /// a good hash stays below it up to the largest table that 40-bit offsets allow.
    /// </summary>
    public const int MaxProbe = 1024;

    /// <summary>The offsets that fit in a slot: 1 TiB.</summary>
    public const long MaxOffset = 1L << OffsetBits;

    private const int OffsetBits = 40;
    private const ulong OffsetMask = (1UL << OffsetBits) - 1;

    private SlotTable(NativeRegion? region, ulong* slots, long homes, long length)
    {
        Region = region;
        Slots = slots;
        Homes = homes;
        Length = length;
    }

    /// <summary>The memory that the table owns; null when its slots lie in somebody else's.</summary>
    public NativeRegion? Region { get; }

    public ulong* Slots { get; }

    /// <summary>The slots that are some key's home.</summary>
    public long Homes { get; }

    /// <summary>All slots.</summary>
    public long Length { get; }

    public long Bytes => Length * sizeof(ulong);

    /// <summary>The part of <see cref="Bytes"/> that grows with the keys.</summary>
    public long HomeBytes => Homes * sizeof(ulong);

    /// <summary>Allocates an empty table.</summary>
    /// <exception cref="OutOfMemoryException">The system does not grant the memory.</exception>
    public static SlotTable Allocate(long keys)
    {
        // Three of four homes are taken. One vector of empty slots ends the last search.
        long homes = Math.Max(1, ((keys * 4) + 2) / 3);
        long length = homes + Math.Min(keys, MaxProbe) + Vector256<ulong>.Count;
        NativeRegion region = NativeRegion.Allocate(length * sizeof(ulong));
        return new SlotTable(region, (ulong*)region.Address, homes, length);
    }

    /// <summary>A table whose slots are there, in memory that outlives it.</summary>
    public static SlotTable At(ulong* slots, long homes, long length) => new(region: null, slots, homes, length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Slot(ulong hash, long offset)
    {
        Debug.Assert(offset is > 0 and < MaxOffset);
        return (hash << OffsetBits) | (ulong)offset;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Offset(ulong slot) => (long)(slot & OffsetMask);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasTag(ulong slot, ulong hash) => (slot ^ (hash << OffsetBits)) <= OffsetMask;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong* Home(ulong* slots, long homes, ulong hash) => slots + Math.BigMul(hash, (ulong)homes, out _);

    /// <summary>The first slot from <paramref name="slot"/> on that is empty or has the tag of the hash.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong* Candidate(ulong* slot, ulong hash)
    {
        if (Vector256.IsHardwareAccelerated)
        {
            // Four slots at a time: where a search ends is random, and every branch on it is mispredicted.
            Vector256<ulong> tag = Vector256.Create(hash & 0xFFFFFF);
            while (true)
            {
                Vector256<ulong> slots = Vector256.Load(slot);
                Vector256<ulong> ends = Vector256.Equals(slots >>> OffsetBits, tag) | Vector256.Equals(slots, Vector256<ulong>.Zero);
                uint mask = ends.ExtractMostSignificantBits();
                if (mask != 0)
                {
                    return slot + BitOperations.TrailingZeroCount(mask);
                }

                slot += Vector256<ulong>.Count;
            }
        }

        while (*slot != 0 && !HasTag(*slot, hash))
        {
            slot++;
        }

        return slot;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(void* address)
    {
        // Arm has the instruction but .NET no name for it; lookups then overlap only as far as the processor looks ahead.
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(address);
        }
    }

    public void Dispose() => Region?.Dispose();
}
