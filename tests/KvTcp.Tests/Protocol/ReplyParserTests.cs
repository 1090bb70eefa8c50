using System.Buffers;
using KvTcp.Protocol;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Protocol;

// reply = "OK" [ SP text ] LF | "NOT_FOUND" LF | "ERR" SP code SP text LF | "LINES" SP n LF n*( line LF )

[TestFixture]
public class ReplyParserTests
{
    // A code of 59 letters still fits in the 64 bytes that are looked at, "ERR " and its space included; one of 60 does not.
    private const string LongestCode = "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX";
    private const string Zeros58 = "0000000000000000000000000000000000000000000000000000000000";

    [TestCase("OK", "", "a bare OK, as for AUTH")]
    [TestCase("OK ", "", "an empty value")]
    [TestCase("OK v", "v", "a value")]
    [TestCase("OK  ", " ", "a value of one space")]
    [TestCase("OK   a b  ", "  a b  ", "spaces are kept")]
    [TestCase("OK NOT_FOUND", "NOT_FOUND", "a value that reads like a status")]
    [TestCase("OK ERR BAD_KEY x", "ERR BAD_KEY x", "a value that reads like an error")]
    [TestCase("OK LINES 2", "LINES 2", "a value that reads like a header")]
    [TestCase("OK v\r", "v\r", "every byte up to the LF is the value")]
    [TestCase("OK \0\u00FF", "\0\u00FF", "the parser does not judge values")]
    [TestCase("OK " + Zeros58 + "12345678", Zeros58 + "12345678", "longer than what is looked at in one piece")]
    public void TryRead_OK_gives_the_text(string line, string text, string reason) =>
        AssertReads(line, ReplyKind.Ok, text, default, 0, reason);

    [Test]
    public void TryRead_NOT_FOUND_is_a_miss() => AssertReads("NOT_FOUND", ReplyKind.NotFound, "", default, 0, "a miss");

    [TestCase("ERR BAD_KEY no key", ErrorCode.BadKey, "no key", "code and text")]
    [TestCase("ERR UNKNOWN x", ErrorCode.Unknown, "x", "code and text")]
    [TestCase("ERR BUSY  x ", ErrorCode.Busy, " x ", "spaces belong to the text")]
    [TestCase("ERR TEAPOT short and stout", ErrorCode.Unrecognized, "short and stout", "a code of a later version")]
    [TestCase("ERR bad_key x", ErrorCode.Unrecognized, "x", "codes are in upper case")]
    [TestCase("ERR ARGS ", ErrorCode.Args, "", "an empty text")]
    [TestCase("ERR " + LongestCode + " x", ErrorCode.Unrecognized, "x", "the longest code that is looked at")]
    public void TryRead_ERR_gives_code_and_text(string line, ErrorCode code, string text, string reason) =>
        AssertReads(line, ReplyKind.Error, text, code, 0, reason);

    [TestCase("LINES 0", 0, "no line")]
    [TestCase("LINES 12", 12, "a number")]
    [TestCase("LINES 2147483647", int.MaxValue, "the largest")]
    [TestCase("LINES 007", 7, "leading zeros")]
    [TestCase("LINES " + Zeros58, 0, "as many zeros as are looked at")]
    public void TryRead_LINES_gives_the_number(string line, int count, string reason) =>
        AssertReads(line, ReplyKind.Lines, "", default, count, reason);

    [TestCase("", "an empty line")]
    [TestCase(" ", "a space")]
    [TestCase("\r", "a CR")]
    [TestCase("O", "the start of OK")]
    [TestCase("ok v", "lower case")]
    [TestCase("OKx", "no space after OK")]
    [TestCase("OK\r", "a CR before the LF")]
    [TestCase("OK\tv", "a tab for the space")]
    [TestCase(" OK v", "a space before")]
    [TestCase("NOT_FOUND\r", "a CR before the LF")]
    [TestCase("NOT_FOUND ", "a space after")]
    [TestCase("NOT_FOUN", "the start of NOT_FOUND")]
    [TestCase("NOT_FOUNDX", "a letter more")]
    [TestCase("not_found", "lower case")]
    [TestCase("ERR", "no code")]
    [TestCase("ERR ", "no code, a space")]
    [TestCase("ERR  x", "an empty code")]
    [TestCase("ERR BAD_KEY", "no text and no space")]
    [TestCase("ERRBAD_KEY x", "no space after ERR")]
    [TestCase("ERR " + LongestCode + "X x", "a code that is longer than any")]
    [TestCase("-ERR x", "a RESP error")]
    [TestCase("+OK", "a RESP string")]
    [TestCase("HTTP/1.1 400 Bad Request", "an HTTP server")]
    [TestCase("LINES", "no number")]
    [TestCase("LINES ", "no number, a space")]
    [TestCase("LINES -1", "below zero")]
    [TestCase("LINES -0", "a sign")]
    [TestCase("LINES +1", "a sign")]
    [TestCase("LINES  1", "two spaces")]
    [TestCase("LINES 1 ", "a space after")]
    [TestCase("LINES 1\r", "a CR before the LF")]
    [TestCase("LINES 1x", "a letter after")]
    [TestCase("LINES 1,000", "a separator")]
    [TestCase("LINES 1.0", "a fraction")]
    [TestCase("LINES 1e3", "an exponent")]
    [TestCase("LINES 0x10", "hexadecimal")]
    [TestCase("LINES x", "no digit")]
    [TestCase("LINES 2147483648", "beyond 32 bits")]
    [TestCase("LINES 4294967297", "1 in 32 bits that overflow")]
    [TestCase("LINES 99999999999", "far beyond")]
    [TestCase("LINES " + Zeros58 + "0", "more digits than are looked at")]
    [TestCase("LINES 1                                                                              ", "longer than what is looked at")]
    public void TryRead_anything_else_is_invalid_and_consumes_nothing(string line, string reason)
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (ReadOnlySequence<byte> received in SegmentedSequence.EverySplit(ByteText.Bytes(line + "\nOK\n")))
            {
                ReadOnlySequence<byte> buffer = received;
                long searched = 0;
                ReplyStatus status = ReplyParser.TryRead(ref buffer, 1024, ref searched, out Reply reply);

                Assert.That(status, Is.EqualTo(ReplyStatus.Invalid), reason);
                Assert.That(reply, Is.EqualTo(default(Reply)), reason);
                Assert.That(buffer.Length, Is.EqualTo(received.Length), reason);
            }
        }
    }

    [TestCase("")]
    [TestCase("OK")]
    [TestCase("OK value")]
    [TestCase("NOT_FOUND\r")]
    [TestCase("no reply at all")]
    public void TryRead_without_LF_is_incomplete_and_consumes_nothing(string bytes)
    {
        foreach (ReadOnlySequence<byte> received in SegmentedSequence.EverySplit(ByteText.Bytes(bytes)))
        {
            ReadOnlySequence<byte> buffer = received;
            long searched = 0;

            Assert.That(ReplyParser.TryRead(ref buffer, 1024, ref searched, out _), Is.EqualTo(ReplyStatus.Incomplete));
            Assert.That(buffer.Length, Is.EqualTo(bytes.Length));
            Assert.That(searched, Is.EqualTo(bytes.Length), "the same bytes are not searched again");
        }
    }

    [TestCase(1024 * 1024, true, ReplyStatus.Reply, "the largest value")]
    [TestCase(1024 * 1024 + 1, true, ReplyStatus.Invalid, "one byte more")]
    [TestCase(1024 * 1024, false, ReplyStatus.Incomplete, "the LF may still come")]
    [TestCase(1024 * 1024 + 1, false, ReplyStatus.Invalid, "no room for the LF")]
    public void TryRead_holds_the_limit_to_the_byte(int valueLength, bool ended, ReplyStatus expected, string reason)
    {
        byte[] bytes = [.. "OK "u8, .. Enumerable.Repeat((byte)'v', valueLength), .. ended ? "\n"u8 : default];
        ReadOnlySequence<byte> buffer = SegmentedSequence.Of(bytes, [1, 4096, 100_000]);
        long searched = 0;

        ReplyStatus status = ReplyParser.TryRead(ref buffer, ReplyParser.DefaultMaxReplyLine, ref searched, out Reply reply);

        Assert.That(status, Is.EqualTo(expected), reason);
        Assert.That(reply.Text.Length, Is.EqualTo(expected == ReplyStatus.Reply ? valueLength : 0), reason);
    }

    private static void AssertReads(string line, ReplyKind kind, string text, ErrorCode code, int count, string reason)
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (ReadOnlySequence<byte> received in SegmentedSequence.EverySplit(ByteText.Bytes(line + "\nOK next\n")))
            {
                ReadOnlySequence<byte> buffer = received;
                long searched = 0;
                ReplyStatus status = ReplyParser.TryRead(ref buffer, 1024, ref searched, out Reply reply);

                Assert.That(status, Is.EqualTo(ReplyStatus.Reply), reason);
                Assert.That(reply.Kind, Is.EqualTo(kind), reason);
                Assert.That(ByteText.Text(reply.Text), Is.EqualTo(text), reason);
                Assert.That(reply.Code, Is.EqualTo(code), reason);
                Assert.That(reply.LineCount, Is.EqualTo(count), reason);
                Assert.That(ByteText.Text(buffer), Is.EqualTo("OK next\n"), reason);
                Assert.That(searched, Is.Zero, reason);
            }
        }
    }
}
