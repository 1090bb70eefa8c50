using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using KvTcp.Fuzz;
using KvTcp.Protocol;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Protocol;

/// <summary>The fast path gives what the slow path gives, whatever stands in the stream and wherever it ends.</summary>
[TestFixture]
public class ReadPlainGetsPropertyTests
{
    private static readonly string[] Words = ["GET", "get", "gEt", "'ET", "MGET", "EXISTS", "PING", "", " GET", "GET\t", "\u00C7ET"];
    private static readonly string[] Separators = [" ", " ", " ", "  ", "", "\t", "\0"];
    private static readonly string[] Ends = ["\n", "\n", "\n", "\r\n", "\r\n", " \n", " \r\n", "\r\r\n", "\r", "\0\n", "", "\n\n"];
    private static readonly string[] OtherKeys =
        ["", "x", "6ba7b810-9dad-11d1-80b4-00c04fd430cg", "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}", "+ba7b810-9dad-11d1-80b4-00c04fd430c8"];

    private static Gen<string> Keys =>
        Gen.Frequency(
            (6, ArbMap.Default.GeneratorFor<Guid>().Select(key => key.ToString())),
            (2, ArbMap.Default.GeneratorFor<Guid>().Select(key => key.ToString().ToUpperInvariant())),
            (2, Gen.Elements(OtherKeys)));

    private static Gen<string> PlainGets => Keys.Select(key => $"GET {key}\n");

    private static Gen<string> OddRequests =>
        from word in Gen.Elements(Words)
        from separator in Gen.Elements(Separators)
        from key in Keys
        from end in Gen.Elements(Ends)
        select word + separator + key + end;

    /// <summary>A stream of requests that is cut off anywhere.</summary>
    private static Gen<byte[]> Streams =>
        from requests in Gen.Frequency((3, PlainGets), (2, OddRequests)).ListOf()
        from cut in Gen.Choose(0, 60)
        let bytes = ByteText.Bytes(string.Concat(requests))
        select bytes[..Math.Max(0, bytes.Length - cut)];

    [TestCase(false)]
    [TestCase(true)]
    public void ReadPlainGets_and_then_the_slow_path_is_the_slow_path(bool version4) =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(1_500),
            Prop.ForAll(Streams.ToArbitrary(), Gen.Choose(1, 5).ToArbitrary(), (bytes, room) =>
            {
                List<string> slow = ReadSlowly(bytes, version4, out int slowlyConsumed);
                List<string> mixed = ReadFastWherePossible(bytes, version4, room, out int consumed, out int plain);
                int expectedPlain = CountPlain(bytes.AsSpan(0, slowlyConsumed), version4);
                return slow.SequenceEqual(mixed, StringComparer.Ordinal) && slowlyConsumed == consumed && plain == expectedPlain;
            }));

    private static List<string> ReadSlowly(byte[] bytes, bool version4, out int consumed)
    {
        List<string> seen = [];
        consumed = 0;
        while (ReadLine(bytes, consumed, version4) is (string what, int length))
        {
            seen.Add(what);
            consumed += length;
        }

        return seen;
    }

    private static List<string> ReadFastWherePossible(byte[] bytes, bool version4, int room, out int consumed, out int plain)
    {
        List<string> seen = [];
        Guid[] keys = new Guid[room];
        consumed = 0;
        plain = 0;
        for (; ; )
        {
            int count = RequestParser.ReadPlainGets(bytes.AsSpan(consumed), version4, keys, out int length);
            seen.AddRange(keys.Take(count).Select(key => $"key {key}"));
            consumed += length;
            plain += count;
            if (count == room)
            {
                continue;
            }

            if (ReadLine(bytes, consumed, version4) is not (string what, int lineLength))
            {
                return seen;
            }

            seen.Add(what);
            consumed += lineLength;
        }
    }

    private static (string What, int Length)? ReadLine(byte[] bytes, int offset, bool version4)
    {
        ReadOnlySequence<byte> buffer = new(bytes, offset, bytes.Length - offset);
        long searched = 0;
        FramingStatus status =
            LineFraming.TryReadLine(ref buffer, LineFraming.MaxRequestLine, ref searched, out ReadOnlySequence<byte> line);
        if (status != FramingStatus.Line)
        {
            return null;
        }

        SeenRequest request = RequestReading.Parse(line.FirstSpan);
        bool isKey = request is { Status: RequestStatus.Request, Command: Command.Get };
        return isKey && RequestParser.TryParseKey(ByteText.Bytes(request.Arguments), version4, out Guid key)
            ? ($"key {key}", (int)line.Length + 1)
            : (request.ToString(), (int)line.Length + 1);
    }

    /// <summary>How many lines have the plain shape: word, one space, key, LF or CRLF.</summary>
    private static int CountPlain(ReadOnlySpan<byte> lines, bool version4)
    {
        int count = 0;
        foreach (Range range in lines.Split((byte)'\n'))
        {
            string line = ByteText.Text(lines[range]);
            line = line.EndsWith('\r') ? line[..^1] : line;
            if (line.StartsWith("GET ", StringComparison.OrdinalIgnoreCase) && UuidOracle.Parse(ByteText.Bytes(line[4..])) is Guid key)
            {
                count += !version4 || UuidText.IsVersion4(key) ? 1 : 0;
            }
        }

        return count;
    }
}
