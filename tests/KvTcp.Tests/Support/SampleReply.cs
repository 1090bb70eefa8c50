using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using KvTcp.Protocol;

namespace KvTcp.Tests.Support;

/// <summary>A reply as plain values that can be written, read back and compared.</summary>
internal sealed record SampleReply(ReplyKind Kind, string Text = "", ErrorCode Code = ErrorCode.Unrecognized, int LineCount = 0)
{
    private static readonly string[] StatusLike = ["", " ", "NOT_FOUND", "ERR BAD_KEY x", "LINES 2", "OK ", "\r", "\0"];

    /// <summary>Any reply that a server may send, one line.</summary>
    public static Gen<SampleReply> Any =>
        Gen.Frequency(
            (4, Values.Select(text => new SampleReply(ReplyKind.Ok, text))),
            (2, Gen.Constant(new SampleReply(ReplyKind.NotFound))),
            (2, from code in Gen.Choose((int)ErrorCode.Unknown, (int)ErrorCode.Internal)
                from text in Values
                select new SampleReply(ReplyKind.Error, $"x{text}", (ErrorCode)code)),
            (1, Gen.Choose(0, int.MaxValue).Select(count => new SampleReply(ReplyKind.Lines, LineCount: count))));

    // Any bytes but LF, of 0 to about 100, sometimes of thousands.
    private static Gen<string> Values =>
        Gen.Frequency(
            (3, Gen.Elements(StatusLike)),
            (6, Bytes.ArrayOf().Select(bytes => ByteText.Text(bytes))),
            (1, Gen.Choose(1, 5000).Select(length => new string('v', length))));

    private static Gen<byte> Bytes => ArbMap.Default.GeneratorFor<byte>().Where(value => value != '\n');

    public void Write(ref ReplyWriter writer, bool inParts)
    {
        byte[] text = ByteText.Bytes(Text);
        switch (Kind)
        {
            case ReplyKind.Ok when inParts:
                writer.WriteValueStart(0);
                writer.WriteValuePart(text.AsSpan(0, text.Length / 2));
                writer.WriteValuePart(text.AsSpan(text.Length / 2));
                writer.WriteValueEnd();
                break;
            case ReplyKind.Ok:
                writer.WriteValue(text);
                break;
            case ReplyKind.NotFound:
                writer.WriteNotFound();
                break;
            case ReplyKind.Error:
                writer.WriteError(Code, text);
                break;
            default:
                writer.WriteLines(LineCount);
                break;
        }
    }

    /// <summary>All whole replies in a buffer, which afterwards starts at the first incomplete or invalid one.</summary>
    public static List<SampleReply> ReadAll(ref ReadOnlySequence<byte> buffer, out ReplyStatus end)
    {
        List<SampleReply> replies = [];
        long searched = 0;
        for (; ; )
        {
            end = ReplyParser.TryRead(ref buffer, ReplyParser.DefaultMaxReplyLine, ref searched, out Reply reply);
            if (end != ReplyStatus.Reply)
            {
                return replies;
            }

            replies.Add(new SampleReply(reply.Kind, ByteText.Text(reply.Text), reply.Code, reply.LineCount));
        }
    }
}
