using System.Buffers;
using KvTcp.Protocol;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Protocol;

// line = *BYTE LF                 docs/protocol.md#grammar

[TestFixture]
public class LineFramingTests
{
    private const int Limit = LineFraming.MaxRequestLine;

    [TestCase("PING\n", "PING", "", "a line")]
    [TestCase("PING\r\n", "PING\r", "", "a CR belongs to the line")]
    [TestCase("\n", "", "", "an empty line")]
    [TestCase("\n\n", "", "\n", "two empty lines")]
    [TestCase("PING\nQUIT\n", "PING", "QUIT\n", "two lines")]
    [TestCase("PING\nQU", "PING", "QU", "a line and the start of another")]
    [TestCase("A\rB\0C\tD\n", "A\rB\0C\tD", "", "CR, NUL and tab end nothing")]
    [TestCase("\u008A\u00FF\n", "\u008A\u00FF", "", "a byte that is LF but for its high bit")]
    public void TryReadLine_whole_line_is_consumed_under_every_split(string bytes, string line, string rest, string reason)
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (ReadOnlySequence<byte> received in SegmentedSequence.EverySplit(ByteText.Bytes(bytes)))
            {
                ReadOnlySequence<byte> buffer = received;
                long searched = 0;
                FramingStatus status = LineFraming.TryReadLine(ref buffer, Limit, ref searched, out ReadOnlySequence<byte> found);

                Assert.That(status, Is.EqualTo(FramingStatus.Line), reason);
                Assert.That(ByteText.Text(found), Is.EqualTo(line), reason);
                Assert.That(ByteText.Text(buffer), Is.EqualTo(rest), reason);
                Assert.That(searched, Is.Zero, reason);
            }
        }
    }

    [TestCase("", "nothing")]
    [TestCase("PING", "no end")]
    [TestCase("PING\r", "a bare CR")]
    [TestCase("\0", "a NUL")]
    public void TryReadLine_without_LF_is_incomplete_and_consumes_nothing(string bytes, string reason)
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (ReadOnlySequence<byte> received in SegmentedSequence.EverySplit(ByteText.Bytes(bytes)))
            {
                ReadOnlySequence<byte> buffer = received;
                long searched = 0;
                FramingStatus status = LineFraming.TryReadLine(ref buffer, Limit, ref searched, out ReadOnlySequence<byte> line);

                Assert.That(status, Is.EqualTo(FramingStatus.Incomplete), reason);
                Assert.That(line.IsEmpty, Is.True, reason);
                Assert.That(ByteText.Text(buffer), Is.EqualTo(bytes), reason);
                Assert.That(searched, Is.EqualTo(bytes.Length), reason);
            }
        }
    }

    [Test]
    public void TryReadLine_line_that_arrives_byte_by_byte_is_searched_once()
    {
        byte[] bytes = "MGET a b c\r\n"u8.ToArray();
        long searched = 0;
        for (int received = 0; received < bytes.Length; received++)
        {
            ReadOnlySequence<byte> part = SegmentedSequence.ByteByByte(bytes.AsSpan(0, received));
            Assert.That(LineFraming.TryReadLine(ref part, Limit, ref searched, out _), Is.EqualTo(FramingStatus.Incomplete));
            Assert.That(searched, Is.EqualTo(received), "all that has arrived is known to hold no LF");
        }

        ReadOnlySequence<byte> whole = SegmentedSequence.ByteByByte(bytes);
        Assert.That(LineFraming.TryReadLine(ref whole, Limit, ref searched, out _), Is.EqualTo(FramingStatus.Line));
        Assert.That(searched, Is.Zero, "the next line starts afresh");
    }

    [Test]
    public void TryReadLine_does_not_look_again_at_what_was_searched()
    {
        foreach (ReadOnlySequence<byte> received in SegmentedSequence.EverySplit("a\nb\nc"u8.ToArray()))
        {
            // A lie about the first two bytes shows that nobody looks at them.
            ReadOnlySequence<byte> buffer = received;
            long searched = 2;
            LineFraming.TryReadLine(ref buffer, Limit, ref searched, out ReadOnlySequence<byte> line);

            Assert.That(ByteText.Text(line), Is.EqualTo("a\nb"));
        }
    }

    [TestCase(Limit - 1, true, FramingStatus.Line, "the longest line")]
    [TestCase(Limit, true, FramingStatus.TooLong, "one byte more, the LF has arrived")]
    [TestCase(Limit + 1, true, FramingStatus.TooLong, "two bytes more, the LF has arrived")]
    [TestCase(Limit - 1, false, FramingStatus.Incomplete, "the LF may still come in time")]
    [TestCase(Limit, false, FramingStatus.TooLong, "no room for the LF")]
    [TestCase(Limit + 1, false, FramingStatus.TooLong, "one byte too many already")]
    [TestCase(10 * Limit, false, FramingStatus.TooLong, "far too many")]
    public void TryReadLine_holds_the_limit_to_the_byte(int length, bool ended, FramingStatus expected, string reason)
    {
        byte[] bytes = new byte[length + (ended ? 1 : 0)];
        bytes.AsSpan().Fill((byte)'x');
        if (ended)
        {
            bytes[^1] = (byte)'\n';
        }

        using (Assert.EnterMultipleScope())
        {
            foreach (int cut in (int[])[0, 1, 4096, Limit - 2, length - 1, length])
            {
                ReadOnlySequence<byte> received = SegmentedSequence.Of(bytes, [cut]);
                ReadOnlySequence<byte> buffer = received;
                long searched = 0;
                FramingStatus status = LineFraming.TryReadLine(ref buffer, Limit, ref searched, out ReadOnlySequence<byte> line);

                Assert.That(status, Is.EqualTo(expected), reason);
                Assert.That(buffer.Length, Is.EqualTo(expected == FramingStatus.Line ? 0 : bytes.Length), reason);
                Assert.That(expected != FramingStatus.Line || line.Length == length, Is.True, reason);
            }
        }
    }

    [Test]
    public void TryReadLine_limit_counts_the_line_and_not_what_follows_it()
    {
        ReadOnlySequence<byte> buffer = SegmentedSequence.Whole("abc\nabc\nabcd\n"u8);
        long searched = 0;

        Assert.That(LineFraming.TryReadLine(ref buffer, 4, ref searched, out _), Is.EqualTo(FramingStatus.Line));
        Assert.That(LineFraming.TryReadLine(ref buffer, 4, ref searched, out _), Is.EqualTo(FramingStatus.Line));
        Assert.That(LineFraming.TryReadLine(ref buffer, 4, ref searched, out _), Is.EqualTo(FramingStatus.TooLong));
        Assert.That(ByteText.Text(buffer), Is.EqualTo("abcd\n"));
    }

    [Test]
    public void TryReadLine_endless_line_is_refused_at_the_limit_and_stays_refused()
    {
        byte[] block = new byte[4096];
        long searched = 0;
        List<FramingStatus> statuses = [];
        for (int blocks = 1; blocks <= 18; blocks++)
        {
            byte[] received = [.. Enumerable.Repeat(block, blocks).SelectMany(bytes => bytes)];
            ReadOnlySequence<byte> buffer = new(received);
            statuses.Add(LineFraming.TryReadLine(ref buffer, Limit, ref searched, out _));
        }

        Assert.That(statuses[..15], Is.All.EqualTo(FramingStatus.Incomplete));
        Assert.That(statuses[15..], Is.All.EqualTo(FramingStatus.TooLong));
    }
}
