using KvTcp.Protocol;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Protocol;

// reply = "OK" [ SP text ] LF | "NOT_FOUND" LF | "ERR" SP code SP text LF | "LINES" SP n LF n*( line LF )

[TestFixture]
public class ReplyWriterTests
{
    private static readonly int[] BlockSizes = [.. Enumerable.Range(1, 40), 64, 4096];

    private delegate void Script(ref ReplyWriter writer);

    [TestCase("", "OK \n", "an empty value is OK and one space")]
    [TestCase("v", "OK v\n", "one byte, which the four-byte store of OK overwrites")]
    [TestCase("NOT_FOUND", "OK NOT_FOUND\n", "reads like a status")]
    [TestCase("ERR BAD_KEY x", "OK ERR BAD_KEY x\n", "reads like an error")]
    [TestCase("LINES 2", "OK LINES 2\n", "reads like a header")]
    [TestCase("OK", "OK OK\n", "reads like a status")]
    [TestCase(" ", "OK  \n", "a space")]
    [TestCase("  a b  ", "OK   a b  \n", "spaces around are kept")]
    [TestCase("\u00E2\u0082\u00AC", "OK \u00E2\u0082\u00AC\n", "UTF-8")]
    public void WriteValue_gives_the_same_bytes_for_any_block_size(string value, string expected, string reason)
    {
        byte[] bytes = ByteText.Bytes(value);

        AssertWrites((ref writer) => writer.WriteValue(bytes), expected, reason);
        AssertWrites((ref writer) => writer.WriteOk(bytes), expected, reason);
    }

    [Test]
    public void WriteValue_in_parts_gives_the_same_bytes_for_any_block_size()
    {
        AssertWrites(
            (ref writer) =>
            {
                writer.WriteValueStart(7);
                writer.WriteValuePart("one "u8);
                writer.WriteValuePart(default);
                writer.WriteValuePart("two"u8);
                writer.WriteValueEnd();
            },
            "OK one two\n",
            "three parts, one empty");
        AssertWrites(
            (ref writer) =>
            {
                writer.WriteValueStart(7);
                writer.WriteValueEnd();
            },
            "OK \n",
            "no part");
    }

    [Test]
    public void WriteNotFound_gives_the_same_bytes_for_any_block_size() =>
        AssertWrites((ref writer) => writer.WriteNotFound(), "NOT_FOUND\n", "a miss");

    [TestCase(0L, "OK 0\n", "zero")]
    [TestCase(7L, "OK 7\n", "a digit")]
    [TestCase(1234567890123L, "OK 1234567890123\n", "beyond 32 bits, without separators")]
    [TestCase(long.MaxValue, "OK 9223372036854775807\n", "the largest")]
    public void WriteOk_number_gives_the_same_bytes_for_any_block_size(long number, string expected, string reason) =>
        AssertWrites((ref writer) => writer.WriteOk(number), expected, reason);

    [TestCase(ErrorCode.BadKey, "no key", "ERR BAD_KEY no key\n")]
    [TestCase(ErrorCode.Internal, "x", "ERR INTERNAL x\n")]
    public void WriteError_gives_the_same_bytes_for_any_block_size(ErrorCode code, string text, string expected)
    {
        byte[] bytes = ByteText.Bytes(text);
        AssertWrites((ref writer) => writer.WriteError(code, bytes), expected, "code and text");
    }

    [Test]
    public void WriteLines_and_its_lines_give_the_same_bytes_for_any_block_size() =>
        AssertWrites(
            (ref writer) =>
            {
                writer.WriteLines(3);
                writer.WriteLine("requests 1"u8);
                writer.WriteLine(default);
                writer.WriteNotFound();
                writer.WriteLines(0);
            },
            "LINES 3\nrequests 1\n\nNOT_FOUND\nLINES 0\n",
            "text, an empty line, a GET reply");

    [Test]
    public void Written_counts_the_bytes_before_and_after_Complete()
    {
        foreach (int blockSize in BlockSizes)
        {
            ReplyWriter writer = new(new BlockBufferWriter(blockSize));
            List<long> counts = [writer.Written];
            writer.WriteValue("abc"u8);
            counts.Add(writer.Written);
            writer.WriteNotFound();
            counts.Add(writer.Written);
            writer.WriteOk(42);
            counts.Add(writer.Written);
            writer.Complete();
            counts.Add(writer.Written);

            Assert.That(counts, Is.EqualTo([0L, 7, 17, 23, 23]), $"blocks of {blockSize}");
        }
    }

    [Test]
    public void Complete_hands_over_what_a_next_writer_continues()
    {
        foreach (int blockSize in BlockSizes)
        {
            BlockBufferWriter output = new(blockSize);
            for (int i = 0; i < 3; i++)
            {
                ReplyWriter writer = new(output);
                writer.WriteValue("abc"u8);
                Assert.That(output.Written, Has.Length.LessThanOrEqualTo(7 * i + 7));
                writer.Complete();
                Assert.That(output.Written, Has.Length.EqualTo(7 * i + 7));
            }

            Assert.That(ByteText.Text(output.Written), Is.EqualTo("OK abc\nOK abc\nOK abc\n"));
        }
    }

    [Test]
    public void Complete_without_a_reply_writes_nothing()
    {
        BlockBufferWriter output = new(8);
        ReplyWriter writer = new(output);

        writer.Complete();

        Assert.That(output.Written, Is.Empty);
    }

    [TestCase(1)]
    [TestCase(16)]
    [TestCase(4096)]
    public void Large_value_fills_every_block_and_asks_for_no_size(int blockSize)
    {
        byte[] value = new byte[20_000];
        new Random(1).NextBytes(value);
        value.AsSpan().Replace((byte)'\n', (byte)'x');
        BlockBufferWriter output = new(blockSize);
        ReplyWriter writer = new(output);

        writer.WriteValue(value);
        writer.WriteValue(value);
        writer.Complete();

        Assert.That(output.Written, Is.EqualTo((byte[])[.. "OK "u8, .. value, .. "\nOK "u8, .. value, (byte)'\n']));
        Assert.That(output.BlocksLeftPartlyFilled, Is.Zero);
        Assert.That(output.LargestSizeHint, Is.Zero);
    }

    private static void AssertWrites(Script script, string expected, string reason)
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (int blockSize in BlockSizes)
            {
                BlockBufferWriter output = new(blockSize);
                ReplyWriter writer = new(output);
                script(ref writer);
                writer.Complete();

                Assert.That(ByteText.Text(output.Written), Is.EqualTo(expected), $"{reason}, blocks of {blockSize}");
                Assert.That(writer.Written, Is.EqualTo(expected.Length), $"{reason}, blocks of {blockSize}");
                Assert.That(output.BlocksLeftPartlyFilled, Is.Zero, $"{reason}, blocks of {blockSize}");
            }
        }
    }
}
