using System.Diagnostics;

namespace KvTcp.LoadGen;

/// <summary>Keys that the data does not hold: version 4 UUIDs made from a number, so that a number is all there is to remember.</summary>
internal static class MissKey
{
    /// <summary>The key of a number.</summary>
    /// <param name="number">Any number.</param>
    public static Guid Of(long number)
    {
        ulong high = RandomNumbers.Mix((ulong)number);
        ulong low = RandomNumbers.Mix(high ^ (ulong)number ^ 0x6a09e667f3bcc909);

        // Version 4, variant 10 of RFC 9562: a server that takes only such keys must not refuse it.
        return new Guid(
            (uint)high, (ushort)(high >> 32), (ushort)(0x4000 | ((high >> 48) & 0xfff)), (byte)(0x80 | (low & 0x3f)), (byte)(low >> 8),
            (byte)(low >> 16), (byte)(low >> 24), (byte)(low >> 32), (byte)(low >> 40), (byte)(low >> 48), (byte)(low >> 56));
    }

    /// <summary>Writes the text of the key of a number.</summary>
    /// <param name="number">Any number.</param>
    /// <param name="text">Takes 36 bytes.</param>
    public static void Write(long number, Span<byte> text)
    {
        bool written = Of(number).TryFormat(text, out int length);
        Debug.Assert(written && length == 36, "a UUID has 36 characters");
    }
}
