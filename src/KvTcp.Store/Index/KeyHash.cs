using System.Numerics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace KvTcp.Store.Index;

/// <summary>The hash that places keys in the index: all 128 bits of the key, mixed with a 128-bit seed.</summary>
/// <remarks>
/// Two rounds, each a 64 x 64 to 128 bit product. The seed is random for each dataset, so nobody can prepare keys that
/// collide, and both halves of the result are good: the high bits choose the slot, the low ones are the tag.
/// </remarks>
internal readonly record struct KeyHash(ulong SeedLow, ulong SeedHigh)
{
    // The fraction of pi, in hexadecimal: a number with no structure that nobody chose.
    private const ulong Pi = 0x243F6A8885A308D3;

    /// <summary>A hash with a random seed.</summary>
    public static KeyHash CreateRandom()
    {
        Span<ulong> seed = stackalloc ulong[2];
        RandomNumberGenerator.Fill(System.Runtime.InteropServices.MemoryMarshal.AsBytes(seed));
        return new KeyHash(seed[0], seed[1]);
    }

    /// <summary>The hash of a key, given as the two halves of its 16 bytes in memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Of(ulong low, ulong high)
    {
        ulong upper = Math.BigMul(low ^ SeedLow, high ^ SeedHigh, out ulong lower);
        upper = Math.BigMul(upper ^ BitOperations.RotateLeft(SeedHigh, 32), lower ^ SeedLow ^ Pi, out lower);
        return upper ^ lower;
    }
}
