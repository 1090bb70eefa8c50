using System.Buffers;
using KvTcp.Protocol.Resp;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Protocol.Resp;

// request  = "*" n CRLF n*( argument )
// argument = "$" length CRLF length*BYTE CRLF

[TestFixture]
public class RespRequestParserTests
{
    [TestCase("*1\r\n", 1, "", "one")]
    [TestCase("*2\r\n$3", 2, "$3", "two, and what follows")]
    [TestCase("*0\r\n", 0, "", "none")]
    [TestCase("*-1\r\n", -1, "", "null")]
    [TestCase("*-9223372036854775808\r\n", -1, "", "the least number: any negative one means the same")]
    [TestCase("*1048576\r\n", 1024 * 1024, "", "the limit")]
    public void TryReadCount_takes_a_header_under_every_split(string bytes, int expected, string rest, string reason)
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (ReadOnlySequence<byte> received in SegmentedSequence.EverySplit(ByteText.Bytes(bytes)))
            {
                ReadOnlySequence<byte> buffer = received;

                Assert.That(RespRequestParser.TryReadCount(ref buffer, out int count), Is.EqualTo(RespReadStatus.Done), reason);
                Assert.That(count, Is.EqualTo(expected), reason);
                Assert.That(ByteText.Text(buffer), Is.EqualTo(rest), reason);
            }
        }
    }

    [TestCase("", "nothing")]
    [TestCase("*", "no digit yet")]
    [TestCase("*-", "a sign")]
    [TestCase("*1", "no end yet")]
    [TestCase("*1\r", "CR without its LF yet")]
    [TestCase("*1234567890123456789", "as many digits as a number has")]
    public void TryReadCount_waits_for_the_end_and_consumes_nothing(string bytes, string reason)
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (ReadOnlySequence<byte> received in SegmentedSequence.EverySplit(ByteText.Bytes(bytes)))
            {
                ReadOnlySequence<byte> buffer = received;

                Assert.That(RespRequestParser.TryReadCount(ref buffer, out _), Is.EqualTo(RespReadStatus.Incomplete), reason);
                Assert.That(ByteText.Text(buffer), Is.EqualTo(bytes), reason);
            }
        }
    }

    [TestCase("*1048577\r\n", "over the limit")]
    [TestCase("*3000000000\r\n", "over 32 bits")]
    [TestCase("*9223372036854775808\r\n", "over 64 bits")]
    [TestCase("*99999999999999999999999999\r\n", "longer than any number")]
    [TestCase("*9999999999999999999999", "longer than any number, its end not yet received")]
    [TestCase("*\r\n", "no digit")]
    [TestCase("*-\r\n", "a sign alone")]
    [TestCase("*+1\r\n", "a plus")]
    [TestCase("*01\r\n", "a leading zero")]
    [TestCase("*-0\r\n", "minus zero")]
    [TestCase("* 1\r\n", "a space before")]
    [TestCase("*1 \r\n", "a space after")]
    [TestCase("*1x\r\n", "a letter")]
    [TestCase("*0x1\r\n", "hexadecimal")]
    [TestCase("*1\r\r\n", "two CRs")]
    [TestCase("*1\rx", "CR without LF")]
    [TestCase("*1\n$4\r\n", "LF without CR")]
    public void TryReadCount_refuses_what_is_no_number(string bytes, string reason) =>
        AssertRefuses(bytes, RespReadStatus.InvalidCount, (ref buffer) => RespRequestParser.TryReadCount(ref buffer, out _), reason);

    [TestCase("$3\r\n", "an argument without its request")]
    [TestCase("PING\r\n", "an inline command of Redis")]
    [TestCase("\r\n", "a blank line")]
    [TestCase("+OK\r\n", "a reply")]
    [TestCase("\u00AA1\r\n", "a star with the high bit")]
    public void TryReadCount_refuses_another_type(string bytes, string reason) =>
        AssertRefuses(bytes, RespReadStatus.ExpectedArray, (ref buffer) => RespRequestParser.TryReadCount(ref buffer, out _), reason);

    [TestCase("$0\r\n", 0, "none")]
    [TestCase("$36\r\n", 36, "a key")]
    [TestCase("$536870912\r\n", 512 * 1024 * 1024, "the limit")]
    public void TryReadLength_takes_a_header_under_every_split(string bytes, int expected, string reason)
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (ReadOnlySequence<byte> received in SegmentedSequence.EverySplit(ByteText.Bytes(bytes)))
            {
                ReadOnlySequence<byte> buffer = received;

                Assert.That(RespRequestParser.TryReadLength(ref buffer, out int length), Is.EqualTo(RespReadStatus.Done), reason);
                Assert.That(length, Is.EqualTo(expected), reason);
                Assert.That(buffer.IsEmpty, Is.True, reason);
            }
        }
    }

    [TestCase("$-1\r\n", "null: no argument may be")]
    [TestCase("$-5\r\n", "negative")]
    [TestCase("$536870913\r\n", "over the limit")]
    [TestCase("$4294967297\r\n", "1 in 32 bits")]
    [TestCase("$\r\n", "no digit")]
    [TestCase("$abc\r\n", "letters")]
    public void TryReadLength_refuses_what_is_no_length(string bytes, string reason) =>
        AssertRefuses(bytes, RespReadStatus.InvalidLength, (ref buffer) => RespRequestParser.TryReadLength(ref buffer, out _), reason);

    [TestCase("*1\r\n", "a request within a request")]
    [TestCase("GET\r\n", "no header")]
    [TestCase(":3\r\n", "a number")]
    public void TryReadLength_refuses_another_type(string bytes, string reason) =>
        AssertRefuses(bytes, RespReadStatus.ExpectedBulk, (ref buffer) => RespRequestParser.TryReadLength(ref buffer, out _), reason);

    [TestCase("\r\n", 0, "", "", "an empty one")]
    [TestCase("GET\r\n", 3, "GET", "", "a word")]
    [TestCase("a\r\nb\r\n*1", 4, "a\r\nb", "*1", "CRLF within")]
    public void TryReadArgument_takes_an_argument_under_every_split(string bytes, int length, string expected, string rest, string reason)
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (ReadOnlySequence<byte> received in SegmentedSequence.EverySplit(ByteText.Bytes(bytes)))
            {
                ReadOnlySequence<byte> buffer = received;
                RespReadStatus status = RespRequestParser.TryReadArgument(ref buffer, length, out ReadOnlySequence<byte> argument);

                Assert.That(status, Is.EqualTo(RespReadStatus.Done), reason);
                Assert.That(ByteText.Text(argument), Is.EqualTo(expected), reason);
                Assert.That(ByteText.Text(buffer), Is.EqualTo(rest), reason);
            }
        }
    }

    [TestCase("", 0)]
    [TestCase("\r", 0)]
    [TestCase("GE", 3)]
    [TestCase("GET", 3)]
    [TestCase("GET\r", 3)]
    public void TryReadArgument_waits_for_all_of_it(string bytes, int length)
    {
        ReadOnlySequence<byte> buffer = SegmentedSequence.Whole(ByteText.Bytes(bytes));

        Assert.That(RespRequestParser.TryReadArgument(ref buffer, length, out _), Is.EqualTo(RespReadStatus.Incomplete));
        Assert.That(ByteText.Text(buffer), Is.EqualTo(bytes));
    }

    [TestCase("GETS\r\n", "longer than said")]
    [TestCase("GE\r\n$", "shorter than said")]
    [TestCase("GET\n\r", "the wrong way round")]
    [TestCase("GET\r\r", "no LF")]
    public void TryReadArgument_refuses_an_argument_of_another_length(string bytes, string reason) =>
        AssertRefuses(bytes, RespReadStatus.Unterminated, (ref buffer) => RespRequestParser.TryReadArgument(ref buffer, 3, out _), reason);

    private delegate RespReadStatus Read(ref ReadOnlySequence<byte> buffer);

    private static void AssertRefuses(string bytes, RespReadStatus expected, Read read, string reason)
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (ReadOnlySequence<byte> received in SegmentedSequence.EverySplit(ByteText.Bytes(bytes)))
            {
                ReadOnlySequence<byte> buffer = received;

                Assert.That(read(ref buffer), Is.EqualTo(expected), reason);
                Assert.That(ByteText.Text(buffer), Is.EqualTo(bytes), reason);
            }
        }
    }
}
