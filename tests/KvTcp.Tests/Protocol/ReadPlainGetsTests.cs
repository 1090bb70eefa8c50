using KvTcp.Protocol;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Protocol;

[TestFixture]
public class ReadPlainGetsTests
{
    private const string Key = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    private const string Version4 = "d94bd8f9-8b0f-4cbc-b1c4-5a2b0cbb0b1d";

    // What completes a cut-off request, or makes a good one bad, when it is read by mistake.
    private static readonly byte[] Poisons = [.. "\n\r 0-G"u8];

    [TestCase("", 0, 0, "nothing")]
    [TestCase("GET K\n", 1, 41, "one")]
    [TestCase("GET K\r\n", 1, 42, "one with CRLF")]
    [TestCase("get K\n", 1, 41, "lower case")]
    [TestCase("GeT K\n", 1, 41, "mixed case")]
    [TestCase("GET K\nGET K\r\nget K\n", 3, 41 + 42 + 41, "a run")]
    [TestCase("GET K\nGET K\nGET K\nGET K\nGET K\n", 5, 5 * 41, "a longer run")]
    [TestCase("GET K", 0, 0, "no end yet")]
    [TestCase("GET K\r", 0, 0, "CR without its LF yet")]
    [TestCase("GET K\nGET K\r", 1, 41, "one and most of another")]
    [TestCase("GET K\nG", 1, 41, "one and the start of another")]
    public void ReadPlainGets_reads_the_whole_requests_of_a_run(string bytes, int count, int consumed, string reason) =>
        AssertReads(bytes, count, consumed, reason);

    [TestCase("GET  K\n", "two spaces")]
    [TestCase("GET K \n", "a space after")]
    [TestCase("GET K\r\r\n", "two CRs")]
    [TestCase("GET K\r \n", "a CR that ends nothing")]
    [TestCase("GET K\rGET K\n", "a bare CR")]
    [TestCase("GET K\0\n", "a NUL")]
    [TestCase("GET K0\n", "37 digits")]
    [TestCase("GET\tK\n", "a tab")]
    [TestCase("GET\0K\n", "NUL for the space, which differs in bit 5")]
    [TestCase(" GET K\n", "a leading space")]
    [TestCase("\nGET K\n", "a blank line first")]
    [TestCase("\r\nGET K\n", "a blank line with CR first")]
    [TestCase("MGET K\n", "another command")]
    [TestCase("EXISTS K\n", "another command that takes keys")]
    [TestCase("PUT K\n", "an unknown command of three letters")]
    [TestCase("\u0007ET K\n", "G without bits 6 and 7")]
    [TestCase("'ET K\n", "G without bit 6")]
    [TestCase("\u00C7ET K\n", "G with the high bit")]
    [TestCase("G\u0085T K\n", "E with the high bit, without bit 6")]
    [TestCase("GE4 K\n", "T without bit 6")]
    [TestCase("GET 6ba7b810-9dad-11d1-80b4-00c04fd430cg\n", "a bad digit")]
    [TestCase("GET +ba7b810-9dad-11d1-80b4-00c04fd430c8\n", "a sign")]
    [TestCase("GET {6ba7b810-9dad-11d1-80b4-00c04fd430}\n", "braces, 36 characters in all")]
    [TestCase("GET 6ba7b810-9dad-11d1-80b4-00c04fd430\r\n", "34 digits: the LF lies inside of the key")]
    [TestCase("GET\nGET K\n", "no key")]
    [TestCase("GET / HTTP/1.1\r\nHost: a-host-with-a-name-that-is-long\r\n\r\n", "HTTP")]
    [TestCase("PING\nPING\nPING\nPING\nPING\nPING\nPING\nPING\nPING\n", "short requests as long as a GET together")]
    public void ReadPlainGets_stops_before_anything_else_good_or_bad(string bytes, string reason)
    {
        AssertReads(bytes, 0, 0, reason);
        AssertReads("GET K\nget K\r\n" + bytes, 2, 41 + 42, reason);
        AssertReads(bytes + "GET K\nget K\r\n", 0, 0, reason);
    }

    [Test]
    public void ReadPlainGets_takes_no_byte_of_the_word_but_the_letter_in_either_case()
    {
        byte[] request = Expand("GET K\n");
        List<string> accepted = [];
        for (int position = 0; position < 4; position++)
        {
            byte original = request[position];
            for (int replacement = 0; replacement <= byte.MaxValue; replacement++)
            {
                request[position] = (byte)replacement;
                if (RequestParser.ReadPlainGets(request, false, new Guid[1], out _) == 1)
                {
                    accepted.Add($"{position}{(char)replacement}");
                }
            }

            request[position] = original;
        }

        Assert.That(accepted, Is.EqualTo(["0G", "0g", "1E", "1e", "2T", "2t", "3 "]));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    public void ReadPlainGets_reads_no_more_than_there_is_room_for(int room)
    {
        Guid[] keys = [.. Enumerable.Repeat(Guid.AllBitsSet, 4)];

        int count = RequestParser.ReadPlainGets(Expand("GET K\nGET K\nGET K\nGET K\n"), false, keys.AsSpan(0, room), out int consumed);

        Assert.That(count, Is.EqualTo(room));
        Assert.That(consumed, Is.EqualTo(room * 41));
        Assert.That(keys[room..], Is.All.EqualTo(Guid.AllBitsSet));
    }

    [Test]
    public void ReadPlainGets_gives_the_keys_in_order()
    {
        Guid[] expected = [.. Enumerable.Range(0, 20).Select(i => new Guid(i, (short)i, (short)~i, [1, 2, 3, 4, 5, 6, 7, (byte)i]))];
        byte[] bytes = ByteText.Bytes(string.Concat(expected.Select((key, i) => $"GET {key}{(i % 3 == 0 ? "\r\n" : "\n")}")));
        Guid[] keys = new Guid[32];

        int count = RequestParser.ReadPlainGets(bytes, false, keys, out int consumed);

        Assert.That(keys[..count], Is.EqualTo(expected));
        Assert.That(consumed, Is.EqualTo(bytes.Length));
    }

    [Test]
    public void ReadPlainGets_stops_before_a_key_of_another_version_only_where_4_is_required()
    {
        byte[] bytes = ByteText.Bytes($"GET {Version4}\nGET {Key}\nGET {Version4}\n");
        Guid[] keys = new Guid[4];

        Assert.That(RequestParser.ReadPlainGets(bytes, true, keys, out int consumed), Is.EqualTo(1));
        Assert.That(consumed, Is.EqualTo(41));
        Assert.That(RequestParser.ReadPlainGets(bytes, false, keys, out consumed), Is.EqualTo(3));
        Assert.That(consumed, Is.EqualTo(3 * 41));
    }

    [TestCase("GET K\n")]
    [TestCase("GET K\r\n")]
    public void ReadPlainGets_cut_off_request_is_left_wherever_it_is_cut(string request)
    {
        string bytes = "get K\n" + request;
        int whole = Expand(bytes).Length;
        using (Assert.EnterMultipleScope())
        {
            for (int length = 41; length < whole; length++)
            {
                AssertReads(ByteText.Text(Expand(bytes).AsSpan(0, length)), 1, 41, $"cut at {length}");
            }
        }
    }

    [TestCase("GET K\n")]
    [TestCase("GET K\r\n")]
    [TestCase("GET K")]
    [TestCase("GET K\r")]
    public void ReadPlainGets_reads_nothing_outside_of_its_input(string request)
    {
        using GuardedBuffer memory = new();
        byte[] bytes = Expand(request);
        int expected = request.EndsWith('\n') ? bytes.Length : 0;
        for (int length = 0; length <= bytes.Length; length++)
        {
            Span<byte> atStart = memory.AtStart(length);
            bytes.AsSpan(0, length).CopyTo(atStart);
            RequestParser.ReadPlainGets(atStart, false, new Guid[2], out int consumedAtStart);
            Span<byte> atEnd = memory.AtEnd(length);
            bytes.AsSpan(0, length).CopyTo(atEnd);
            RequestParser.ReadPlainGets(atEnd, false, new Guid[2], out int consumedAtEnd);

            Assert.That(consumedAtStart, Is.EqualTo(length == bytes.Length ? expected : 0));
            Assert.That(consumedAtEnd, Is.EqualTo(consumedAtStart));
        }
    }

    private static byte[] Expand(string bytes) => ByteText.Bytes(bytes.Replace("K", Key, StringComparison.Ordinal));

    private static void AssertReads(string bytes, int count, int consumed, string reason)
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (byte poison in Poisons)
            {
                Guid[] keys = new Guid[8];
                ReadOnlyMemory<byte> padded = SegmentedSequence.Poisoned(Expand(bytes), poison);

                Assert.That(RequestParser.ReadPlainGets(padded.Span, false, keys, out int actuallyConsumed), Is.EqualTo(count), reason);
                Assert.That(actuallyConsumed, Is.EqualTo(consumed), reason);
                Assert.That(keys[..count], Is.All.EqualTo(Guid.Parse(Key)), reason);
            }
        }
    }
}
