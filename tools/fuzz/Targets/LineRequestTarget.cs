using System.Buffers;
using KvTcp.Protocol;

namespace KvTcp.Fuzz;

/// <summary>Requests of the line protocol, read line by line and as runs of plain GETs, against <see cref="LineRequestOracle"/>.</summary>
internal sealed class LineRequestTarget : FuzzTarget
{
    private static readonly string[] Words =
        ["GET", "get", "gEt", "MGET", "mget", "EXISTS", "COUNT", "STATS", "VERSION", "PING", "HELP", "RELOAD", "ROLLBACK", "AUTH", "QUIT", "", "GETT", "POST"];

    private static readonly string[] Gaps = [" ", " ", " ", " ", "  ", "     ", "\t", ""];

    private static readonly string[] Ends = ["\n", "\n", "\n", "\n", "\r\n", "\r\n", " \n", "  \r\n", "\r\r\n", "\r", " HTTP/1.1\r\n", " HTTP/2\n", ""];

    private readonly Pieces _pieces = new();
    private readonly Guid[] _keys = new Guid[64];

    /// <inheritdoc/>
    public override void Make(List<byte> input, InputRandom random)
    {
        for (int lines = random.Below(6); lines >= 0; lines--)
        {
            bool isPlain = random.OneIn(2);
            input.AddText(isPlain ? "GET" : random.Pick<string>(Words));
            for (int keys = isPlain ? 1 : random.Below(4); keys > 0; keys--)
            {
                input.AddText(isPlain ? " " : random.Pick<string>(Gaps));
                input.AddKey(random);
            }

            input.AddText(isPlain ? "\n" : random.Pick<string>(Ends));
        }

        if (random.OneIn(4))
        {
            InputText.Mutate(input, random);
        }
    }

    /// <inheritdoc/>
    public override void Check(ReadOnlySpan<byte> input, InputRandom random)
    {
        ReadOnlySequence<byte> buffer = _pieces.Cut(input, random);
        CheckPlainGets(buffer, random);
        int start = 0;
        long searched = 0;
        while (LineFraming.TryReadLine(ref buffer, LineFraming.MaxRequestLine, ref searched, out ReadOnlySequence<byte> line) == FramingStatus.Line)
        {
            int length = input[start..].IndexOf((byte)'\n');
            LineRequest expected = LineRequestOracle.Read(input.Slice(start, length));
            ReadOnlySpan<byte> bytes = line.IsSingleSegment ? line.FirstSpan : line.ToArray();
            Expect(expected.ToString(), Parse(bytes).ToString(), $"request at {start}");
            CheckKeys(bytes, random.OneIn(2));
            start += length + 1;
        }

        Expect(-1, input[start..].IndexOf((byte)'\n'), "a line that was not read");
    }

    private static LineRequest Parse(ReadOnlySpan<byte> line)
    {
        RequestStatus status = RequestParser.Parse(line, out Request request);
        bool hasCommand = status is RequestStatus.Request or RequestStatus.WrongArguments;
        List<string> arguments = [];
        ReadOnlySpan<byte> rest = hasCommand ? request.Arguments : default;
        int count = RequestParser.CountArguments(rest);
        while (RequestParser.TryReadArgument(ref rest, out ReadOnlySpan<byte> argument))
        {
            arguments.Add(System.Text.Encoding.Latin1.GetString(argument));
        }

        Expect(arguments.Count, count, nameof(RequestParser.CountArguments));
        return new LineRequest(status, hasCommand ? request.Command : Command.None, [.. arguments]);
    }

    private static void CheckKeys(ReadOnlySpan<byte> line, bool version4)
    {
        RequestParser.Parse(line, out Request request);
        ReadOnlySpan<byte> rest = request.Arguments;
        while (RequestParser.TryReadArgument(ref rest, out ReadOnlySpan<byte> argument))
        {
            Guid? expected = UuidOracle.Parse(argument);
            expected = version4 && expected is not null && !UuidOracle.IsVersion4(System.Text.Encoding.ASCII.GetString(argument)) ? null : expected;
            Expect(expected, RequestParser.TryParseKey(argument, version4, out Guid key) ? key : null, nameof(RequestParser.TryParseKey));
        }
    }

    private void CheckPlainGets(ReadOnlySequence<byte> buffer, InputRandom random)
    {
        bool version4 = random.OneIn(4);
        int room = 1 + random.Below(random.OneIn(2) ? 3 : _keys.Length);
        ReadOnlySpan<byte> bytes = buffer.FirstSpan;
        (List<Guid> expected, int end) = LineRequestOracle.ReadPlainGets(bytes, version4);
        int count = RequestParser.ReadPlainGets(bytes, version4, _keys.AsSpan(0, room), out int consumed);
        Expect(Math.Min(expected.Count, room), count, nameof(RequestParser.ReadPlainGets));
        Expect(true, expected.Take(count).SequenceEqual(_keys.Take(count)), "the keys of plain GETs");
        Expect(true, count < expected.Count ? consumed < end : consumed == end, "the end of plain GETs");
    }
}
