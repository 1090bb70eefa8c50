using System.Buffers.Binary;
using System.Buffers.Text;

namespace KvTcp.Protocol.Resp;

// simple  = "+" text CRLF          error = "-" text CRLF      integer = ":" number CRLF
// bulk    = "$" length CRLF bytes CRLF                         null    = "$-1" CRLF | "*-1" CRLF
// array   = "*" n CRLF n*reply                                 https://redis.io/docs/latest/develop/reference/protocol-spec/

/// <summary>Reads replies of RESP2, one at a time, without allocating. Thread-safe: there is no state.</summary>
public static class RespReplyParser
{
    /// <summary>The longest line that is waited for: far more than any server sends.</summary>
    public const int MaxLine = 64 << 10;

    private const ushort CrLf = 0x0A_0D;

    /// <summary>Reads the reply at the front of a buffer.</summary>
    /// <param name="received">What has been received and not yet consumed.</param>
    /// <param name="maxBulkLength">The longest bulk that is accepted, in bytes.</param>
    /// <returns>The reply; of an array the header, whose elements are read one by one.</returns>
    public static RespReply Read(ReadOnlySpan<byte> received, int maxBulkLength)
    {
        int end = received.Slice(0, Math.Min(received.Length, MaxLine)).IndexOf((byte)'\r');
        if (end < 0 || end + 1 == received.Length)
        {
            return received.Length < MaxLine ? default : Invalid(received.Slice(0, MaxLine));
        }

        ReadOnlySpan<byte> line = received.Slice(0, end);
        if (received[end + 1] != '\n' || line.IsEmpty)
        {
            return Invalid(line);
        }

        ReadOnlySpan<byte> text = line.Slice(1);
        int length = end + 2;
        switch (line[0])
        {
            case (byte)'$' when TryParseNumber(text, out long bulk) && bulk >= 0 && bulk <= maxBulkLength:
                return ReadBulk(received, length, (int)bulk);
            case (byte)'+':
                return new RespReply { Kind = RespReplyKind.Simple, Length = length, Text = text };
            case (byte)'-':
                return new RespReply { Kind = RespReplyKind.Error, Length = length, Text = text };
            case (byte)':' when TryParseNumber(text, out long number):
                return new RespReply { Kind = RespReplyKind.Number, Length = length, Number = number };
            case (byte)'$' or (byte)'*' when text.SequenceEqual("-1"u8):
                return new RespReply { Kind = RespReplyKind.Null, Length = length };
            case (byte)'*' when TryParseNumber(text, out long count) && count is >= 0 and <= int.MaxValue:
                return new RespReply { Kind = RespReplyKind.Array, Length = length, Number = count };
            default:
                return Invalid(line);
        }
    }

    private static RespReply ReadBulk(ReadOnlySpan<byte> received, int start, int length)
    {
        if (received.Length - start < length + 2)
        {
            return new RespReply { Number = (long)start + length + 2 };
        }

        return BinaryPrimitives.ReadUInt16LittleEndian(received.Slice(start + length)) == CrLf
            ? new RespReply { Kind = RespReplyKind.Bulk, Length = start + length + 2, Text = received.Slice(start, length) }
            : Invalid(received.Slice(0, start - 2));
    }

    private static bool TryParseNumber(ReadOnlySpan<byte> text, out long number) =>
        Utf8Parser.TryParse(text, out number, out int consumed) && consumed == text.Length && text[0] != '+';

    private static RespReply Invalid(ReadOnlySpan<byte> line) => new() { Kind = RespReplyKind.Invalid, Text = line };
}
