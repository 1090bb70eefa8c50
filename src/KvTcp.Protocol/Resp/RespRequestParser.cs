using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KvTcp.Protocol.Resp;

// request  = "*" n CRLF n*( argument )          the first argument is the command
// argument = "$" length CRLF length*BYTE CRLF   https://redis.io/docs/latest/develop/reference/protocol-spec/

/// <summary>Reads requests of RESP, piece by piece, without allocating. Thread-safe: the only state is the caller's.</summary>
public static class RespRequestParser
{
    /// <summary>The most arguments of a request, its command included: as in Redis.</summary>
    public const int MaxArguments = 1024 * 1024;

    /// <summary>The longest argument in bytes: as in Redis by default (<c>proto-max-bulk-len</c>).</summary>
    public const int MaxArgumentLength = 512 * 1024 * 1024;

    /// <summary>What every plain GET begins with, up to its key.</summary>
    private const int PlainGetHead = 18;

    /// <summary>The length of a plain GET: the shape that nearly every request has.</summary>
    public const int PlainGetLength = PlainGetHead + UuidText.Length + 2;

    /// <summary>The longest header: its type, a sign, 19 digits, CRLF.</summary>
    private const int LongestHeader = 23;

    /// <summary>Reads the run of plain GET requests at the front of a buffer: the hot path.</summary>
    /// <param name="bytes">Received bytes, starting at the start of a request. They may end anywhere.</param>
    /// <param name="version4">Whether only version 4 keys are accepted.</param>
    /// <param name="keys">Receives the keys; its length bounds the run.</param>
    /// <param name="consumed">The length of the requests read, in bytes.</param>
    /// <returns>How many requests were read.</returns>
    /// <remarks>
    /// A plain GET is <c>*2 $3 GET $36</c>, the word in any case, and a valid key. The run ends before anything else, whether good or
    /// bad: <see cref="TryReadCount"/>, <see cref="TryReadLength"/> and <see cref="TryReadArgument"/> decide about that. Compiled fully
    /// at once for the reason that <see cref="RequestParser.ReadPlainGets"/> gives.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int ReadPlainGets(ReadOnlySpan<byte> bytes, bool version4, Span<Guid> keys, out int consumed)
    {
        int count = 0;
        int offset = 0;
        while (count < keys.Length && bytes.Length - offset >= PlainGetLength)
        {
            ReadOnlySpan<byte> request = bytes.Slice(offset, PlainGetLength);
            if (!IsPlainGetHead(request) ||
                !UuidText.TryParse(ref MemoryMarshal.GetReference(request.Slice(PlainGetHead)), out Guid key) ||
                BinaryPrimitives.ReadUInt16LittleEndian(request.Slice(PlainGetLength - 2)) != CrLf ||
                (version4 && !UuidText.IsVersion4(key)))
            {
                break;
            }

            offset += PlainGetLength;
            keys[count++] = key;
        }

        consumed = offset;
        return count;
    }

    /// <summary>Takes the header of a request, <c>*n</c>, from the front of a buffer.</summary>
    /// <param name="buffer">What has been received and not yet consumed; after a header, it starts behind it.</param>
    /// <param name="count">The number of arguments, the command included; 0 or less is no request, and has no reply.</param>
    public static RespReadStatus TryReadCount(ref ReadOnlySequence<byte> buffer, out int count) =>
        TryReadHeader(ref buffer, (byte)'*', MaxArguments, RespReadStatus.ExpectedArray, RespReadStatus.InvalidCount, out count);

    /// <summary>Takes the header of an argument, <c>$length</c>, from the front of a buffer.</summary>
    /// <param name="buffer">What has been received and not yet consumed; after a header, it starts behind it.</param>
    /// <param name="length">The length of the argument in bytes, not negative.</param>
    public static RespReadStatus TryReadLength(ref ReadOnlySequence<byte> buffer, out int length)
    {
        ReadOnlySequence<byte> rest = buffer;
        RespReadStatus status =
            TryReadHeader(ref rest, (byte)'$', MaxArgumentLength, RespReadStatus.ExpectedBulk, RespReadStatus.InvalidLength, out length);
        if (status == RespReadStatus.Done && length < 0)
        {
            return RespReadStatus.InvalidLength;
        }

        buffer = rest;
        return status;
    }

    /// <summary>Takes an argument behind its header, and the CRLF that ends it, once all of it has been received.</summary>
    /// <param name="buffer">What has been received and not yet consumed; after an argument, it starts behind it.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="argument">The argument. It may span segments of the buffer.</param>
    public static RespReadStatus TryReadArgument(ref ReadOnlySequence<byte> buffer, int length, out ReadOnlySequence<byte> argument)
    {
        Debug.Assert(length >= 0);
        argument = default;
        if (buffer.Length < length + 2L)
        {
            return RespReadStatus.Incomplete;
        }

        // Redis does not look at the two bytes either; here they tell a client whose lengths are wrong before it takes harm.
        Span<byte> end = stackalloc byte[2];
        buffer.Slice(length, 2).CopyTo(end);
        if (BinaryPrimitives.ReadUInt16LittleEndian(end) != CrLf)
        {
            return RespReadStatus.Unterminated;
        }

        argument = buffer.Slice(0, length);
        buffer = buffer.Slice(length + 2);
        return RespReadStatus.Done;
    }

    private const ushort CrLf = 0x0A_0D;

    // "*2\r\n$3\r\n", "GET\r\n$36" with the word in any case, "\r\n"
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsPlainGetHead(ReadOnlySpan<byte> request) =>
        BinaryPrimitives.ReadUInt64LittleEndian(request) == 0x0A_0D_33_24_0A_0D_32_2A &&
        (BinaryPrimitives.ReadUInt64LittleEndian(request.Slice(8)) & 0xFF_FF_FF_FF_FF_DF_DF_DF) == 0x36_33_24_0A_0D_54_45_47 &&
        BinaryPrimitives.ReadUInt16LittleEndian(request.Slice(16)) == CrLf;

    private static RespReadStatus TryReadHeader(
        ref ReadOnlySequence<byte> buffer, byte type, int max, RespReadStatus otherType, RespReadStatus invalid, out int number)
    {
        number = 0;
        Span<byte> copy = stackalloc byte[LongestHeader];
        scoped ReadOnlySpan<byte> start = buffer.FirstSpan;
        if (start.Length < LongestHeader && !buffer.IsSingleSegment)
        {
            copy = copy.Slice(0, (int)Math.Min(buffer.Length, LongestHeader));
            buffer.Slice(0, copy.Length).CopyTo(copy);
            start = copy;
        }

        if (start.IsEmpty)
        {
            return RespReadStatus.Incomplete;
        }

        if (start[0] != type)
        {
            return otherType;
        }

        start = start.Slice(1, Math.Min(start.Length, LongestHeader) - 1);
        int end = start.IndexOf((byte)'\r');
        if (end < 0 || end + 1 == start.Length)
        {
            // Longer than any number: no need to wait for its end.
            return start.Length == LongestHeader - 1 ? invalid : RespReadStatus.Incomplete;
        }

        if (start[end + 1] != '\n' || !TryParseNumber(start.Slice(0, end), out long value) || value > max)
        {
            return invalid;
        }

        number = (int)Math.Max(value, -1);
        buffer = buffer.Slice(1 + end + 2);
        return RespReadStatus.Done;
    }

    // As Redis reads it: an optional minus, digits, no leading zero, nothing else.
    private static bool TryParseNumber(ReadOnlySpan<byte> text, out long value)
    {
        bool isPlain = text is [(byte)'0'] or [>= (byte)'1' and <= (byte)'9', ..] or [(byte)'-', >= (byte)'1' and <= (byte)'9', ..];
        return Utf8Parser.TryParse(text, out value, out int consumed) && consumed == text.Length && isPlain;
    }
}
