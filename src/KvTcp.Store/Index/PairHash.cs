using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace KvTcp.Store.Index;

/// <summary>The hash of one pair that dataset ids are summed from. It is part of the meaning of an id: never change it.</summary>
/// <remarks>
/// A sum does not depend on the order of its terms, and a term can be taken out again, so loading needs no order and
/// duplicates cost a subtraction. Multiply-fold rounds over 16 bytes each, without a seed: ids are equal on every machine.
/// </remarks>
internal static unsafe class PairHash
{
    // The fraction of e, in hexadecimal.
    private const ulong E0 = 0xB7E151628AED2A6A;
    private const ulong E1 = 0xBF7158809CF4F3C7;
    private const ulong E2 = 0x62E7160F38B4DA56;
    private const ulong E3 = 0xA784D9045190CFEF;

    /// <summary>The hash of a key, as the two halves of its 16 bytes in memory, and its value.</summary>
    /// <remarks>16 bytes behind the value must be readable; they do not count.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Of(ulong keyLow, ulong keyHigh, byte* value, int length)
    {
        Debug.Assert(length >= 0);
        ulong state = Fold(keyLow ^ E0, keyHigh ^ E1) ^ ((ulong)length * E2);
        byte* end = value + length;
        for (; end - value >= 16; value += 16)
        {
            state = Round(state, Unsafe.ReadUnaligned<ulong>(value), Unsafe.ReadUnaligned<ulong>(value + 8));
        }

        // The last 0 to 15 bytes, with zeros behind them.
        Vector128<ulong> tail = (Vector128.Load(value) & TailMask((int)(end - value))).AsUInt64();
        return Fold(Round(state, tail.ToScalar(), tail.GetElement(1)) ^ E3, E1);
    }

    /// <summary>The id of a dataset from the sum over its pairs.</summary>
    public static DatasetId IdOf(ulong sum, long count) => new(Round(sum, (ulong)count, E3));

    // The state also enters beside the product, so a factor that happens to be zero does not wipe it out.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Round(ulong state, ulong first, ulong second) =>
        Fold(first ^ E0 ^ state, second ^ E1) ^ BitOperations.RotateLeft(state, 29);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ulong left, ulong right) => Math.BigMul(left, right, out ulong low) ^ low;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> TailMask(int length) =>
        Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(Masks), (nuint)(Vector128<byte>.Count - length));

    private static ReadOnlySpan<byte> Masks =>
    [
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
}
