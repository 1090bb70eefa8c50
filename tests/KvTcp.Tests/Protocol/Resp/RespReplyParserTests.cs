using KvTcp.Protocol.Resp;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Protocol.Resp;

[TestFixture]
public class RespReplyParserTests
{
    private const int MaxBulk = 100;

    [TestCase("+OK\r\n", RespReplyKind.Simple, "OK", 0, "a simple string")]
    [TestCase("+\r\n", RespReplyKind.Simple, "", 0, "an empty one")]
    [TestCase("-ERR what\r\n", RespReplyKind.Error, "ERR what", 0, "an error")]
    [TestCase(":0\r\n", RespReplyKind.Number, "", 0, "zero")]
    [TestCase(":-9223372036854775808\r\n", RespReplyKind.Number, "", long.MinValue, "the least number")]
    [TestCase("$0\r\n\r\n", RespReplyKind.Bulk, "", 0, "an empty bulk")]
    [TestCase("$5\r\nab\r\nc\r\n", RespReplyKind.Bulk, "ab\r\nc", 0, "CRLF within a bulk")]
    [TestCase("$-1\r\n", RespReplyKind.Null, "", 0, "null as a bulk")]
    [TestCase("*-1\r\n", RespReplyKind.Null, "", 0, "null as an array")]
    [TestCase("*0\r\n", RespReplyKind.Array, "", 0, "an empty array")]
    [TestCase("*3\r\n", RespReplyKind.Array, "", 3, "the header of an array")]
    public void Read_takes_a_reply_and_waits_for_all_of_it(string bytes, RespReplyKind kind, string text, long number, string reason)
    {
        byte[] received = ByteText.Bytes(bytes);
        using (Assert.EnterMultipleScope())
        {
            for (int length = 0; length < received.Length; length++)
            {
                RespReply part = RespReplyParser.Read(SegmentedSequence.Poisoned(received.AsSpan(0, length), (byte)'\n').Span, MaxBulk);
                Assert.That((part.Kind, part.Length), Is.EqualTo((RespReplyKind.Incomplete, 0)), $"{reason}, {length} bytes");
                Assert.That(part.Number, Is.Zero.Or.EqualTo(received.Length), "as many bytes are needed");
            }

            RespReply reply = RespReplyParser.Read([.. received, .. "+NEXT\r\n"u8], MaxBulk);
            Assert.That((reply.Kind, reply.Length, reply.Number), Is.EqualTo((kind, received.Length, number)), reason);
            Assert.That(ByteText.Text(reply.Text), Is.EqualTo(text), reason);
        }
    }

    [TestCase("$101\r\n", "longer than allowed, before a byte of it is there")]
    [TestCase("$-2\r\n", "a negative length")]
    [TestCase("$\r\n", "no length")]
    [TestCase("$+1\r\n", "a plus")]
    [TestCase("$1x\r\n", "a letter")]
    [TestCase("$99999999999999999999\r\n", "over 64 bits")]
    [TestCase("$3\r\nabcd\r\n", "longer than said")]
    [TestCase("$3\r\nab\r\n$", "shorter than said")]
    [TestCase("*2147483648\r\n", "more elements than any array has")]
    [TestCase(":\r\n", "no number")]
    [TestCase(":1.5\r\n", "no whole number")]
    [TestCase("OK\r\n", "no type")]
    [TestCase("\r\n", "an empty line")]
    [TestCase("_\r\n", "RESP3, which nobody has asked for")]
    [TestCase("+OK\rx", "CR without LF")]
    [TestCase("HTTP/1.1 400 Bad Request\r\n", "another protocol")]
    public void Read_refuses_what_is_no_reply(string bytes, string reason)
    {
        RespReply reply = RespReplyParser.Read(ByteText.Bytes(bytes), MaxBulk);
        Assert.That((reply.Kind, reply.Length), Is.EqualTo((RespReplyKind.Invalid, 0)), reason);
    }

    [Test]
    public void Read_waits_for_a_line_up_to_the_limit()
    {
        byte[] line = new byte[RespReplyParser.MaxLine];
        line.AsSpan().Fill((byte)'+');
        Assert.That(RespReplyParser.Read(line.AsSpan(1), MaxBulk).Kind, Is.EqualTo(RespReplyKind.Incomplete));
        Assert.That(RespReplyParser.Read(line, MaxBulk).Kind, Is.EqualTo(RespReplyKind.Invalid));
    }
}
