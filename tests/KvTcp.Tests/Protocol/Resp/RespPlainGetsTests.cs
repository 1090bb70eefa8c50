using KvTcp.Protocol.Resp;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Protocol.Resp;

[TestFixture]
public class RespPlainGetsTests
{
    private const string Key = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    private const string Version4 = "d94bd8f9-8b0f-4cbc-b1c4-5a2b0cbb0b1d";
    private const int Length = 56;

    // What completes a cut-off request, or makes a good one bad, when it is read by mistake.
    private static readonly byte[] Poisons = [.. "\n\r*0-G"u8];

    [TestCase("", 0, "nothing")]
    [TestCase("*2\r\n$3\r\nGET\r\n$36\r\nK\r\n", 1, "one")]
    [TestCase("*2\r\n$3\r\nget\r\n$36\r\nK\r\n", 1, "lower case")]
    [TestCase("*2\r\n$3\r\nGeT\r\n$36\r\nK\r\n*2\r\n$3\r\nGET\r\n$36\r\nK\r\n", 2, "a run")]
    [TestCase("*2\r\n$3\r\nGET\r\n$36\r\nK\r\n*2\r\n$3\r\nGET\r\n$36\r\nK\r", 1, "one and most of another")]
    [TestCase("*2\r\n$3\r\nGET\r\n$36\r\nK\r\n*1\r\n$4\r\nPING\r\n", 1, "one and another command")]
    public void ReadPlainGets_reads_the_whole_requests_of_a_run(string bytes, int count, string reason) => AssertReads(bytes, count, reason);

    [TestCase("*2\r\n$3\r\nGET\r\n$36\r\nK\r ", "no LF at the end")]
    [TestCase("*2\r\n$3\r\nGET\r\n$36\r\nK\n\n", "no CR at the end")]
    [TestCase("*2\r\n$3\r\nGET\r\n$36\r\n6ba7b810-9dad-11d1-80b4-00c04fd430cg\r\n", "a bad digit")]
    [TestCase("*2\r\n$3\r\nGET\r\n$37\r\nK0\r\n", "a longer key")]
    [TestCase("*2\r\n$3\r\nGET\r\n$35\r\n6ba7b810-9dad-11d1-80b4-00c04fd430c\r\n ", "a shorter key")]
    [TestCase("*3\r\n$3\r\nGET\r\n$36\r\nK\r\n", "another count")]
    [TestCase("*2\r\n$4\r\nMGET\r\n$36\r\nK\r\n", "another command")]
    [TestCase("*2\r\n$3\r\nTTL\r\n$36\r\nK\r\n", "another command of three letters")]
    [TestCase("*2\n\r$3\r\nGET\r\n$36\r\nK\r\n", "LF CR")]
    [TestCase("GET K\r\nGET K\r\n", "the line protocol")]
    public void ReadPlainGets_stops_before_anything_else_good_or_bad(string bytes, string reason)
    {
        const string Good = "*2\r\n$3\r\nGET\r\n$36\r\nK\r\n";
        AssertReads(bytes, 0, reason);
        AssertReads(Good + Good + bytes, 2, reason);
        AssertReads(bytes + Good, 0, reason);
    }

    [Test]
    public void ReadPlainGets_takes_no_other_byte_around_the_key_but_the_word_in_either_case()
    {
        byte[] request = Expand("*2\r\n$3\r\nGET\r\n$36\r\nK\r\n");
        List<string> accepted = [];
        int[] positions = [.. Enumerable.Range(0, 18), 54, 55];
        foreach (int position in positions)
        {
            byte original = request[position];
            for (int replacement = 0; replacement <= byte.MaxValue; replacement++)
            {
                request[position] = (byte)replacement;
                if (replacement != original && RespRequestParser.ReadPlainGets(request, false, new Guid[1], out _) == 1)
                {
                    accepted.Add($"{position}{(char)replacement}");
                }
            }

            request[position] = original;
        }

        Assert.That(accepted, Is.EqualTo(["8g", "9e", "10t"]));
    }

    [Test]
    public void ReadPlainGets_gives_the_keys_in_order_and_no_more_than_there_is_room_for()
    {
        Guid[] expected = [.. Enumerable.Range(0, 5).Select(i => new Guid(i, (short)i, (short)~i, [1, 2, 3, 4, 5, 6, 7, (byte)i]))];
        byte[] bytes = ByteText.Bytes(string.Concat(expected.Select(key => $"*2\r\n$3\r\nGET\r\n$36\r\n{key}\r\n")));
        Guid[] keys = new Guid[5];

        int count = RespRequestParser.ReadPlainGets(bytes, false, keys.AsSpan(0, 3), out int consumed);

        Assert.That(count, Is.EqualTo(3));
        Assert.That(consumed, Is.EqualTo(3 * Length));
        Assert.That(keys, Is.EqualTo([.. expected[..3], Guid.Empty, Guid.Empty]));
    }

    [Test]
    public void ReadPlainGets_stops_before_a_key_of_another_version_only_where_4_is_required()
    {
        byte[] bytes = Expand($"*2\r\n$3\r\nGET\r\n$36\r\n{Version4}\r\n*2\r\n$3\r\nGET\r\n$36\r\nK\r\n");
        Guid[] keys = new Guid[2];

        Assert.That(RespRequestParser.ReadPlainGets(bytes, true, keys, out _), Is.EqualTo(1));
        Assert.That(RespRequestParser.ReadPlainGets(bytes, false, keys, out _), Is.EqualTo(2));
    }

    [Test]
    public void ReadPlainGets_reads_nothing_outside_of_its_input()
    {
        using GuardedBuffer memory = new();
        byte[] bytes = Expand("*2\r\n$3\r\nGET\r\n$36\r\nK\r\n");
        for (int length = 0; length <= bytes.Length; length++)
        {
            Span<byte> atStart = memory.AtStart(length);
            bytes.AsSpan(0, length).CopyTo(atStart);
            RespRequestParser.ReadPlainGets(atStart, false, new Guid[2], out int consumedAtStart);
            Span<byte> atEnd = memory.AtEnd(length);
            bytes.AsSpan(0, length).CopyTo(atEnd);
            RespRequestParser.ReadPlainGets(atEnd, false, new Guid[2], out int consumedAtEnd);

            Assert.That(consumedAtStart, Is.EqualTo(length == bytes.Length ? Length : 0));
            Assert.That(consumedAtEnd, Is.EqualTo(consumedAtStart));
        }
    }

    private static byte[] Expand(string bytes) => ByteText.Bytes(bytes.Replace("K", Key, StringComparison.Ordinal));

    private static void AssertReads(string bytes, int count, string reason)
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (byte poison in Poisons)
            {
                Guid[] keys = new Guid[8];
                ReadOnlyMemory<byte> padded = SegmentedSequence.Poisoned(Expand(bytes), poison);

                Assert.That(RespRequestParser.ReadPlainGets(padded.Span, false, keys, out int consumed), Is.EqualTo(count), reason);
                Assert.That(consumed, Is.EqualTo(count * Length), reason);
                Assert.That(keys[..count], Is.All.EqualTo(Guid.Parse(Key)), reason);
            }
        }
    }
}
