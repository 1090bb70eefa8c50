using FsCheck;
using FsCheck.Fluent;

namespace KvTcp.Tests.Support;

/// <summary>
/// Random streams of requests against a <see cref="TestDataset"/>: good and bad ones in every shape that the grammar allows and
/// in many that it does not. A stream is a list of lines, so that a failing one shrinks to the few lines that matter.
/// </summary>
internal sealed class RequestStreams(int keyCount)
{
    private static readonly string[] BadKeys =
    [
        "nonsense", "x", "-", "1", "\u0000", "\u00ff",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c88",
        "6ba7b8109dad11d180b400c04fd430c8",
        "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}",
        "+ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "0x000001-abcd-4abc-9abc-00001eefbeef",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c\t",
        "6ba7b810 9dad-11d1-80b4-00c04fd430c8",
    ];

    private static readonly string[] OtherLines =
    [
        "", " ", "   ", "\r", "PING", "ping", "PiNg", "PING ", "PING x", "PING\r", "COUNT", "COUNT 1", "VERSION", "VERSION 2",
        "HELP", "HELP GET",
        "RELOAD", "RELOAD now", "ROLLBACK", "AUTH secret", "AUTH", "AUTH two words", "QUIT now", "GET", "GET ", "get  ", "MGET", "MGET ",
        "EXISTS", "EXISTS  ", "SET a b", "GETT x", "GE", "G", " PING", "\tPING", "PING\t", "GET\tx",
        "OK PONG", "ERR x", "\0", "\u0016\u0003\u0001",
        "*1", "$4", "{}", "HTTP/1.1", "GET / HTTP/2", "\u00e9\u00ff\u0080", "PING\rPING",
    ];

    private static readonly string[] LastLines =
        ["QUIT", "quit  ", "GET / HTTP/1.1", "POST /x?y=z HTTP/1.0", "HEAD  /  HTTP/1.1", "PING HTTP/1.1"];

    private static Gen<string> LineEnds => Gen.Elements("\n", "\r\n");

    private static Gen<string> Gaps => Gen.Frequency((20, Gen.Constant(1)), (4, Gen.Choose(2, 4)), (1, Gen.Choose(80, 200)))
        .Select(count => new string(' ', count));

    private static Gen<string> TrailingSpaces => Gen.Frequency((8, Gen.Constant("")), (1, Gen.Constant(" ")), (1, Gaps));

    private Gen<string> Keys => Gen.Frequency(
        (8, from number in Gen.Choose(0, keyCount - 1) from text in Cased(TestDataset.Key(number).ToString()) select text),
        (3, from number in Gen.Choose(0, 9) from text in Cased(TestDataset.Missing(number).ToString()) select text),
        (1, Gen.Elements(BadKeys)));

    private Gen<string> Gets => Gen.Frequency(
        (6, from key in Keys select $"GET {key}"),
        (2, from word in Cased("get") from gap in Gaps from key in Keys from spaces in TrailingSpaces select word + gap + key + spaces),
        (1, from first in Keys from gap in Gaps from second in Keys select $"GET {first}{gap}{second}"));

    private Gen<string> ManyKeys =>
        from word in Gen.OneOf(Cased("MGET"), Cased("EXISTS"))
        from count in Gen.Frequency((6, Gen.Choose(1, 5)), (1, Gen.Choose(60, 70)))
        from keys in Keys.ListOf(count)
        from gap in Gaps
        from spaces in TrailingSpaces
        select word + gap + string.Join(gap, keys) + spaces;

    private Gen<string> Lines =>
        from line in Gen.Frequency((12, Gets), (2, ManyKeys), (4, Gen.Elements(OtherLines)))
        from end in LineEnds
        select line + end;

    private Gen<string> Tails => Gen.Frequency(
        (4, Gen.Constant("")),
        (2, from line in Gen.Elements(LastLines) from end in LineEnds select line + end),
        (1, Gen.OneOf(Gets, Gen.Elements(OtherLines))));

    /// <summary>
    /// Streams of at most some lines, sometimes with a tail that closes the connection or lacks its LF. None begins as RESP does.
    /// </summary>
    public Arbitrary<RequestStream> Arbitrary(int mostLines) => Arb.From(
        from count in Gen.Choose(0, mostLines)
        from lines in Lines.ListOf(count)
        from tail in Tails
        select new RequestStream([.. lines, tail]),
        static stream => stream.Shrunk()).Filter(static stream => stream.Bytes is not [(byte)'*', ..]);

    private static Gen<string> Cased(string text) =>
        from upper in Gen.Frequency((2, Gen.Constant(0UL)), (1, Gen.Constant(ulong.MaxValue)), (1, ArbMap.Default.GeneratorFor<ulong>()))
        select string.Concat(text.Select((c, i) => (upper >> i & 1) == 0 ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c)));
}

/// <summary>The lines of a client, each with the line end it has; the last may have none.</summary>
internal sealed record RequestStream(IReadOnlyList<string> Lines)
{
    public byte[] Bytes => ByteText.Bytes(string.Concat(Lines));

    public IEnumerable<RequestStream> Shrunk()
    {
        for (int length = Lines.Count / 2; length > 0; length /= 2)
        {
            for (int start = 0; start + length <= Lines.Count; start += length)
            {
                yield return new RequestStream([.. Lines.Take(start), .. Lines.Skip(start + length)]);
            }
        }
    }

    public override string ToString() =>
        string.Join("", Lines.Select(static line => $"{System.Text.Json.JsonSerializer.Serialize(line)}\n"));
}
