using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace KvTcp.Protocol;

// uuid = 8HEX "-" 4HEX "-" 4HEX "-" 4HEX "-" 12HEX          HEX in either case; RFC 9562 section 4
// The grammar of keys stands in docs/protocol.md#keys.

/// <summary>
/// Canonical UUID text as bytes: strict parsing and formatting, without allocating.
/// </summary>
/// <remarks>
/// <para>
/// The only accepted form is the 36-byte one of RFC 9562: hyphens at 8, 13, 18 and 23, hexadecimal digits in either case
/// everywhere else. .NET's own parsers accept more (<see cref="Guid.TryParse(string?, out Guid)"/> takes braces, white space
/// and text without hyphens; the "D" format takes <c>+</c> and <c>0x</c> inside a group; Utf8Parser ignores what follows
/// the 36th byte), so a key they accept may not be a key here.
/// </para>
/// <para>
/// Both directions use the widest vectors the processor has (AVX2; SSSE3; Arm's AdvSimd) with a scalar fallback; all paths
/// accept the same texts and give the same result. Every member is thread-safe.
/// </para>
/// </remarks>
public static class UuidText
{
    /// <summary>The length of a canonical UUID, in bytes.</summary>
    public const int Length = 36;

    /// <summary>Parses canonical UUID text.</summary>
    /// <param name="text">The text; anything but exactly <see cref="Length"/> bytes is refused.</param>
    /// <param name="value">The UUID, or <see cref="Guid.Empty"/> when the text is refused.</param>
    /// <returns>Whether <paramref name="text"/> is a canonical UUID.</returns>
    public static bool TryParse(ReadOnlySpan<byte> text, out Guid value)
    {
        if (text.Length != Length)
        {
            value = default;
            return false;
        }

        return TryParse(ref MemoryMarshal.GetReference(text), out value);
    }

    /// <summary>Whether a UUID is of version 4 (random) and of the variant of RFC 9562.</summary>
    /// <param name="value">Any UUID.</param>
    /// <returns><see langword="true"/> when the version field is 4 and the variant field is binary 10.</returns>
    public static bool IsVersion4(Guid value) => value.Version == 4 && (value.Variant & 0b1100) == 0b1000;

    /// <summary>Formats a UUID as canonical text, in lower case.</summary>
    /// <param name="value">Any UUID.</param>
    /// <param name="destination">Receives <see cref="Length"/> bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than <see cref="Length"/>.</exception>
    public static void Format(Guid value, Span<byte> destination)
    {
        if (destination.Length < Length)
        {
            ThrowTooShort(nameof(destination));
        }

        ref byte text = ref MemoryMarshal.GetReference(destination);
        if (Ssse3.IsSupported || AdvSimd.Arm64.IsSupported)
        {
            FormatVector128(value, ref text);
        }
        else
        {
            FormatScalar(value, ref text);
        }
    }

    /// <summary>Parses the <see cref="Length"/> bytes at <paramref name="text"/>; the caller has checked that they are there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryParse(ref byte text, out Guid value)
    {
        if (Avx2.IsSupported)
        {
            return TryParseAvx2(ref text, out value);
        }

        if (Ssse3.IsSupported || AdvSimd.Arm64.IsSupported)
        {
            return TryParseVector128(ref text, out value);
        }

        return TryParseScalar(ref text, out value);
    }

    // How the vector paths parse.
    //
    //   text   0       8    13   18   23           36
    //          xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx
    //   head   [0 ........... 15]                        three overlapping loads cover all 36 bytes
    //   middle                 [16 ......... 31]
    //   tail                      [20 .......... 35]
    //
    // One shuffle of head and middle gathers the 16 digits of the first 8 bytes, one of middle and tail those of the last 8;
    // the hyphens fall out there and are checked apart. The first gather also puts the bytes of the three leading groups into
    // the little-endian order in which Guid keeps them, so no later step has to. Then every digit becomes its value, and pairs
    // of digits become bytes. A shuffle index with its high bit set gives zero on both architectures.

    /// <summary>AVX2: both halves of the digits in one 256-bit vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryParseAvx2(ref byte text, out Guid value)
    {
        Vector128<byte> middle128 = Vector128.LoadUnsafe(ref text, 16);
        Vector256<byte> headAndTail = Vector256.Create(Vector128.LoadUnsafe(ref text), Vector128.LoadUnsafe(ref text, 20));
        Vector256<byte> middle = Vector256.Create(middle128, middle128);

        Vector256<byte> digits =
            Avx2.Shuffle(headAndTail, Vector256.Create(HeadDigits, TailDigits)) |
            Avx2.Shuffle(middle, Vector256.Create(MiddleDigitsOfHead, MiddleDigitsOfTail));

        Vector256<byte> nibbles = Vector256.Min(
            Avx2.SubtractSaturate(digits - Vector256.Create((byte)('9' + 1)), Vector256.Create((byte)6)) - Vector256.Create((byte)0xF0),
            Avx2.AddSaturate((digits & Vector256.Create((byte)0xDF)) - Vector256.Create((byte)'A'), Vector256.Create((byte)10)));

        // vpmaddubsw: first of a pair * 16 + second, as 16-bit lanes.
        Vector256<short> pairs = Avx2.MultiplyAddAdjacent(nibbles, Vector256.Create((short)0x0110).AsSByte());
        value = Unsafe.BitCast<Vector128<byte>, Guid>(Sse2.PackUnsignedSaturate(pairs.GetLower(), pairs.GetUpper()));

        if (Vector256.GreaterThanAny(nibbles, Vector256.Create((byte)0x0F)) || !HasHyphens(ref text))
        {
            value = default;
            return false;
        }

        return true;
    }

    /// <summary>SSSE3 and AdvSimd: the two halves of the digits in two 128-bit vectors.</summary>
    internal static bool TryParseVector128(ref byte text, out Guid value)
    {
        Vector128<byte> head = Vector128.LoadUnsafe(ref text);
        Vector128<byte> middle = Vector128.LoadUnsafe(ref text, 16);
        Vector128<byte> tail = Vector128.LoadUnsafe(ref text, 20);

        Vector128<byte> first = Nibbles(Vector128.ShuffleNative(head, HeadDigits) | Vector128.ShuffleNative(middle, MiddleDigitsOfHead));
        Vector128<byte> second = Nibbles(Vector128.ShuffleNative(tail, TailDigits) | Vector128.ShuffleNative(middle, MiddleDigitsOfTail));

        if (Vector128.GreaterThanAny(first | second, Vector128.Create((byte)0x0F)) || !HasHyphens(ref text))
        {
            value = default;
            return false;
        }

        Vector128<byte> bytes;
        if (Ssse3.IsSupported)
        {
            Vector128<sbyte> weights = Vector128.Create((short)0x0110).AsSByte();
            bytes = Sse2.PackUnsignedSaturate(Ssse3.MultiplyAddAdjacent(first, weights), Ssse3.MultiplyAddAdjacent(second, weights));
        }
        else
        {
            bytes = (AdvSimd.Arm64.UnzipEven(first, second) << 4) | AdvSimd.Arm64.UnzipOdd(first, second);
        }

        value = Unsafe.BitCast<Vector128<byte>, Guid>(bytes);
        return true;
    }

    /// <summary>One digit at a time, for processors without the vectors above.</summary>
    internal static bool TryParseScalar(ref byte text, out Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        bool isValid = HasHyphens(ref text);
        for (int i = 0; i < bytes.Length; i++)
        {
            byte high = Unsafe.Add(ref text, TextOffsets[i]);
            byte low = Unsafe.Add(ref text, TextOffsets[i] + 1);
            isValid &= char.IsAsciiHexDigit((char)high) & char.IsAsciiHexDigit((char)low);
            bytes[i] = (byte)((HexValue(high) << 4) | HexValue(low));
        }

        if (!isValid)
        {
            value = default;
            return false;
        }

        value = new Guid(bytes, bigEndian: true);
        return true;
    }

    /// <summary>The vector path of <see cref="Format"/>.</summary>
    internal static void FormatVector128(Guid value, ref byte text)
    {
        // The shuffle undoes Guid's little-endian groups; interleaving high and low nibbles gives the 32 digits in text order.
        Vector128<byte> bytes = Vector128.ShuffleNative(
            Unsafe.BitCast<Guid, Vector128<byte>>(value),
            Vector128.Create((byte)3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15));
        Vector128<byte> high = bytes >> 4;
        Vector128<byte> low = bytes & Vector128.Create((byte)0x0F);
        Vector128<byte> alphabet = Vector128.Create("0123456789abcdef"u8);
        (Vector128<byte> first, Vector128<byte> second) = Interleave(high, low);
        first = Vector128.ShuffleNative(alphabet, first);
        second = Vector128.ShuffleNative(alphabet, second);

        // Each store writes whole vectors; what the next one has to correct, it overwrites.
        //   first  = digits 0-15:  text 0-7, 9-12, 14-17;   second = digits 16-31: text 19-22, 24-35.
        Vector128.ShuffleNative(first, Vector128.Create((byte)0, 1, 2, 3, 4, 5, 6, 7, 0x80, 8, 9, 10, 11, 0x80, 12, 13)).StoreUnsafe(ref text);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref text, 16), first.AsUInt16().GetElement(7));
        second.StoreUnsafe(ref text, 20);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref text, 19), second.AsUInt32().GetElement(0));
        WriteHyphens(ref text);
    }

    /// <summary>The scalar path of <see cref="Format"/>.</summary>
    internal static void FormatScalar(Guid value, ref byte text)
    {
        Span<byte> bytes = stackalloc byte[16];
        bool written = value.TryWriteBytes(bytes, bigEndian: true, out _);
        Debug.Assert(written);
        for (int i = 0; i < bytes.Length; i++)
        {
            Unsafe.Add(ref text, TextOffsets[i]) = "0123456789abcdef"u8[bytes[i] >> 4];
            Unsafe.Add(ref text, TextOffsets[i] + 1) = "0123456789abcdef"u8[bytes[i] & 0x0F];
        }

        WriteHyphens(ref text);
    }

    /// <summary>Where the two digits of each byte of the UUID, in network order, stand in the text.</summary>
    private static ReadOnlySpan<byte> TextOffsets => [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

    private static Vector128<byte> HeadDigits =>
        Vector128.Create((byte)6, 7, 4, 5, 2, 3, 0, 1, 11, 12, 9, 10, 0x80, 0x80, 14, 15);

    private static Vector128<byte> MiddleDigitsOfHead =>
        Vector128.Create((byte)0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 1, 0x80, 0x80);

    private static Vector128<byte> MiddleDigitsOfTail =>
        Vector128.Create((byte)3, 4, 5, 6, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80);

    private static Vector128<byte> TailDigits =>
        Vector128.Create((byte)0x80, 0x80, 0x80, 0x80, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);

    // Digits to values, other bytes to something above 15, in six steps without a branch: the first row moves '0'..'9' to
    // 0xF6..0xFF, where a saturating subtraction leaves them apart from every other byte, and then to 0..9; the second folds
    // the case and moves 'A'..'F' to 10..15, saturating above. Of the two candidates the smaller one is right. The method is
    // Geoff Langdale's and Wojciech Muła's, http://0x80.pl/notesen/2022-01-17-validating-hex-parse.html.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Nibbles(Vector128<byte> digits)
    {
        Vector128<byte> decimals = Vector128.SubtractSaturate(digits - Vector128.Create((byte)('9' + 1)), Vector128.Create((byte)6));
        Vector128<byte> letters = (digits & Vector128.Create((byte)0xDF)) - Vector128.Create((byte)'A');
        return Vector128.Min(decimals - Vector128.Create((byte)0xF0), Vector128.AddSaturate(letters, Vector128.Create((byte)10)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<byte> First, Vector128<byte> Second) Interleave(Vector128<byte> even, Vector128<byte> odd) =>
        Sse2.IsSupported
            ? (Sse2.UnpackLow(even, odd), Sse2.UnpackHigh(even, odd))
            : (AdvSimd.Arm64.ZipLow(even, odd), AdvSimd.Arm64.ZipHigh(even, odd));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool HasHyphens(ref byte text) =>
        ((Unsafe.Add(ref text, 8) ^ '-') | (Unsafe.Add(ref text, 13) ^ '-') |
         (Unsafe.Add(ref text, 18) ^ '-') | (Unsafe.Add(ref text, 23) ^ '-')) == 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteHyphens(ref byte text)
    {
        Unsafe.Add(ref text, 8) = (byte)'-';
        Unsafe.Add(ref text, 13) = (byte)'-';
        Unsafe.Add(ref text, 18) = (byte)'-';
        Unsafe.Add(ref text, 23) = (byte)'-';
    }

    // Without a branch, because digits and letters come in random order: '0' is 0x30, 'A' 0x41, 'a' 0x61.
    private static int HexValue(byte digit) => (digit & 0x0F) + (9 * (digit >> 6));

    [DoesNotReturn]
    private static void ThrowTooShort(string parameter) =>
        throw new ArgumentException($"A UUID needs {Length} bytes.", parameter);
}
