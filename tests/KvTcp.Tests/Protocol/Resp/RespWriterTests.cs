using KvTcp.Protocol.Resp;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Protocol.Resp;

[TestFixture]
public class RespWriterTests
{
    private static readonly int[] BlockSizes = [.. Enumerable.Range(1, 40), 64, 4096];

    private delegate void Script(ref RespWriter writer);

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(9)]
    [TestCase(10)]
    [TestCase(99)]
    [TestCase(100)]
    [TestCase(1_000)]
    [TestCase(5_000)]
    public void WriteValue_gives_its_length_and_its_bytes_for_any_block_size(int length)
    {
        string value = new([.. Enumerable.Range(0, length).Select(i => (char)('a' + (i % 26)))]);

        AssertWrites((ref writer) => writer.WriteValue(ByteText.Bytes(value)), $"${length}\r\n{value}\r\n", "at once");
        AssertWrites(
            (ref writer) =>
            {
                writer.WriteValueStart(length);
                writer.WriteValuePart(ByteText.Bytes(value[..(length / 3)]));
                writer.WriteValuePart(ByteText.Bytes(value[(length / 3)..]));
                writer.WriteValueEnd();
            },
            $"${length}\r\n{value}\r\n",
            "in parts");
    }

    [Test]
    public void Replies_are_as_the_grammar_has_them_for_any_block_size()
    {
        AssertWrites((ref writer) => writer.WriteSimple("OK"u8), "+OK\r\n", "a simple string");
        AssertWrites((ref writer) => writer.WriteError("ERR no"u8), "-ERR no\r\n", "an error");
        AssertWrites((ref writer) => writer.WriteInteger(0), ":0\r\n", "zero");
        AssertWrites((ref writer) => writer.WriteInteger(-2), ":-2\r\n", "a negative number");
        AssertWrites((ref writer) => writer.WriteInteger(long.MinValue), ":-9223372036854775808\r\n", "the longest number");
        AssertWrites((ref writer) => writer.WriteArray(12), "*12\r\n", "an array");
        AssertWrites((ref writer) => writer.WriteNotFound(), "$-1\r\n", "null in RESP2");
        AssertWrites((ref writer) => writer.WriteMap(3), "*6\r\n", "a map in RESP2");
        AssertWrites((ref writer) => writer.WriteText("a\nb"u8), "$3\r\na\nb\r\n", "text in RESP2");
    }

    [Test]
    public void Replies_of_RESP3_have_types_of_their_own()
    {
        AssertWrites(InResp3((ref writer) => writer.WriteNotFound()), "_\r\n", "null");
        AssertWrites(InResp3((ref writer) => writer.WriteMap(3)), "%3\r\n", "a map");
        AssertWrites(InResp3((ref writer) => writer.WriteText("a\nb"u8)), "=7\r\ntxt:a\nb\r\n", "text");
        AssertWrites(InResp3((ref writer) => writer.WriteValue("v"u8)), "$1\r\nv\r\n", "a bulk, as in RESP2");
    }

    private static Script InResp3(Script script) => (ref writer) =>
    {
        writer.IsResp3 = true;
        script(ref writer);
    };

    private static void AssertWrites(Script script, string expected, string reason)
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (int blockSize in BlockSizes)
            {
                BlockBufferWriter output = new(blockSize);
                RespWriter writer = new(output, isResp3: false);
                script(ref writer);
                Assert.That(writer.Written, Is.EqualTo(expected.Length), reason);
                writer.Complete();

                Assert.That(ByteText.Text(output.Written), Is.EqualTo(expected), $"{reason}, blocks of {blockSize}");
                Assert.That(writer.Written, Is.EqualTo(expected.Length), reason);
            }
        }
    }
}
