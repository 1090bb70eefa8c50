using KvTcp.Protocol.Resp;

namespace KvTcp.LoadGen;

/// <summary>Reads replies of RESP2: to GET a value or null, to MGET an array of these.</summary>
internal sealed class RespReplyReader(int keysPerRequest) : ReplyReader
{
    private int _elementsLeft;

    /// <inheritdoc/>
    public override ReplyPart Read(ReadOnlySpan<byte> received)
    {
        RespReply reply = RespReplyParser.Read(received, ReceiveBuffer.MaxCapacity);
        bool isHeadingDue = keysPerRequest > 1 && _elementsLeft == 0;
        switch (reply.Kind)
        {
            case RespReplyKind.Incomplete:
                return default;
            case RespReplyKind.Error:
                return Element(ReplyPartKind.Error, reply, received[..(reply.Length - 2)]);
            case RespReplyKind.Array when isHeadingDue && reply.Number == keysPerRequest:
                _elementsLeft = keysPerRequest;
                return new ReplyPart { Kind = ReplyPartKind.Heading, Length = reply.Length };
            case RespReplyKind.Bulk when !isHeadingDue:
                return Element(ReplyPartKind.Value, reply, reply.Text);
            case RespReplyKind.Null when !isHeadingDue && received[0] == '$':
                return Element(ReplyPartKind.Missing, reply, default);
            default:
                return ReplyPart.Invalid(reply.Length > 0 ? received[..(reply.Length - 2)] : reply.Text);
        }
    }

    private ReplyPart Element(ReplyPartKind kind, RespReply reply, ReadOnlySpan<byte> text)
    {
        _elementsLeft = Math.Max(0, _elementsLeft - 1);
        return new ReplyPart { Kind = kind, Text = text, Length = reply.Length, EndsReply = _elementsLeft == 0 };
    }
}
