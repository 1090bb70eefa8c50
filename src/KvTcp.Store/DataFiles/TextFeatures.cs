using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace KvTcp.Store;

/// <summary>What must be known about a block of text to parse it quickly, found in one pass over it.</summary>
/// <param name="HasNonAscii">Whether any byte is not ASCII.</param>
/// <param name="HasNulOrCarriageReturn">Whether any byte is NUL or CR.</param>
internal readonly record struct TextFeatures(bool HasNonAscii, bool HasNulOrCarriageReturn)
{
    /// <summary>Looks at all of a text.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static TextFeatures Of(ReadOnlySpan<byte> text)
    {
        Vector256<byte> bytes = Vector256<byte>.Zero;
        Vector256<byte> matches = Vector256<byte>.Zero;
        while (text.Length >= Vector256<byte>.Count)
        {
            Vector256<byte> vector = Vector256.Create(text);
            bytes |= vector;
            matches |= Vector256.Equals(vector, Vector256.Create((byte)'\r')) | Vector256.Equals(vector, Vector256<byte>.Zero);
            text = text[Vector256<byte>.Count..];
        }

        bool hasNonAscii = bytes.ExtractMostSignificantBits() != 0;
        bool hasMatch = matches != Vector256<byte>.Zero;
        foreach (byte value in text)
        {
            hasNonAscii |= value >= 0x80;
            hasMatch |= value is (byte)'\r' or 0;
        }

        return new TextFeatures(hasNonAscii, hasMatch);
    }
}
