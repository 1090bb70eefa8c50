using System.Buffers.Text;

namespace KvTcp.LoadGen;

// GET: "$" length CRLF value CRLF | "$-1" CRLF | "-" error CRLF
// MGET: "*" n CRLF, then n of these                                 https://redis.io/docs/latest/develop/reference/protocol-spec/

/// <summary>Reads replies of RESP2.</summary>
internal sealed class RespReplyReader(int keysPerRequest) : ReplyReader
{
    private int _elementsLeft;

    /// <inheritdoc/>
    public override ReplyPart Read(ReadOnlySpan<byte> received)
    {
        int end = received[..Math.Min(received.Length, MaxLine)].IndexOf("\r\n"u8);
        if (end < 0)
        {
            return received.Length < MaxLine ? default : ReplyPart.Invalid(received);
        }

        ReadOnlySpan<byte> line = received[..end];
        bool isHeadingDue = keysPerRequest > 1 && _elementsLeft == 0;
        switch (line)
        {
            case [(byte)'-', ..]:
                _elementsLeft = Math.Max(0, _elementsLeft - 1);
                return new ReplyPart { Kind = ReplyPartKind.Error, Text = line, Length = end + 2, EndsReply = _elementsLeft == 0 };
            case [(byte)'*', .. var count] when isHeadingDue && Number(count) == keysPerRequest:
                _elementsLeft = keysPerRequest;
                return new ReplyPart { Kind = ReplyPartKind.Heading, Length = end + 2 };
            case [(byte)'$', .. var length] when !isHeadingDue && Number(length) is int number and >= -1:
                return ReadBulk(received, end + 2, number);
            default:
                return ReplyPart.Invalid(line);
        }
    }

    private ReplyPart ReadBulk(ReadOnlySpan<byte> received, int start, int length)
    {
        if (length >= 0 && received.Length - start < length + 2)
        {
            return default;
        }

        if (length >= 0 && !received[(start + length)..].StartsWith("\r\n"u8))
        {
            return ReplyPart.Invalid(received[..start]);
        }

        _elementsLeft = Math.Max(0, _elementsLeft - 1);
        return length < 0
            ? new ReplyPart { Kind = ReplyPartKind.Missing, Length = start, EndsReply = _elementsLeft == 0 }
            : new ReplyPart
            {
                Kind = ReplyPartKind.Value,
                Text = received.Slice(start, length),
                Length = start + length + 2,
                EndsReply = _elementsLeft == 0,
            };
    }

    private static int? Number(ReadOnlySpan<byte> digits) =>
        Utf8Parser.TryParse(digits, out int number, out int length) && length == digits.Length && number <= ReceiveBuffer.MaxCapacity ? number : null;
}
