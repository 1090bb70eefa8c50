using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace KvTcp.Store.Index;

// record = key value-length value
//   key           16 bytes, as Guid keeps them in memory on a little-endian machine
//   value-length  LEB128: seven bits a byte, low ones first, the high bit set on all but the last; shortest form; 1 to 4 bytes
//   value         that many bytes
// Records follow each other without padding. docs/decisions/store-layout.md says why.

/// <summary>The layout of a key and its value in the dataset's memory.</summary>
internal static unsafe class Record
{
    public const int KeyLength = 16;

    /// <summary>The most that a record is longer than its value.</summary>
    public const int MaxOverhead = KeyLength + 4;

    /// <summary>How far <see cref="Write"/> may write and read beyond the end of the record and of the value.</summary>
    public const int Slack = 64;

    private const int VectorLength = 32;

    // A length that goes on behind its fourth byte is damage, which the caller finds by what the length is.
    private const int MaxLengthBits = 28;

    /// <summary>Writes a record, and up to <see cref="Slack"/> bytes of rubbish after it.</summary>
    /// <returns>The end of the record.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Write(byte* record, ulong keyLow, ulong keyHigh, byte* value, int length)
    {
        Debug.Assert(length <= DataFileOptions.LargestMaxValueLength);
        Unsafe.WriteUnaligned(record, keyLow);
        Unsafe.WriteUnaligned(record + 8, keyHigh);
        record += KeyLength;
        uint rest = (uint)length;
        while (rest >= 0x80)
        {
            *record++ = (byte)(rest | 0x80);
            rest >>= 7;
        }

        *record++ = (byte)rest;
        byte* end = record + length;
        if (length > 8 * VectorLength)
        {
            Buffer.MemoryCopy(value, record, length, length);
            return end;
        }

        // Values are short: whole vectors cost less than finding out how the last one ends.
        do
        {
            Vector256.Load(value).Store(record);
            value += VectorLength;
            record += VectorLength;
        }
        while (record < end);

        return end;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (ulong Low, ulong High) Key(byte* record) =>
        (Unsafe.ReadUnaligned<ulong>(record), Unsafe.ReadUnaligned<ulong>(record + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasKey(byte* record, ulong keyLow, ulong keyHigh) =>
        ((Unsafe.ReadUnaligned<ulong>(record) ^ keyLow) | (Unsafe.ReadUnaligned<ulong>(record + 8) ^ keyHigh)) == 0;

    /// <summary>The value of a record.</summary>
    /// <param name="record">The record.</param>
    /// <param name="length">The length of the value.</param>
    /// <returns>The value; the next record starts at its end.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Value(byte* record, out int length)
    {
        byte* next = record + KeyLength;
        int first = *next++;
        if (first < 0x80)
        {
            length = first;
            return next;
        }

        return LongValue(next, first & 0x7F, out length);
    }

    private static byte* LongValue(byte* next, int low, out int length)
    {
        length = low;
        for (int shift = 7; shift < MaxLengthBits; shift += 7)
        {
            int part = *next++;
            length |= (part & 0x7F) << shift;
            if (part < 0x80)
            {
                break;
            }
        }

        return next;
    }
}
