using System.Buffers.Text;

namespace KvTcp.LoadGen;

// GET: "OK" SP value LF | "NOT_FOUND" LF | "ERR" SP code SP text LF
// MGET: "LINES" SP n LF, then n of these                          docs/protocol.md#grammar

/// <summary>Reads replies of the line protocol.</summary>
internal sealed class LineReplyReader(int keysPerRequest) : ReplyReader
{
    private int _searched;
    private int _linesLeft;

    /// <inheritdoc/>
    public override ReplyPart Read(ReadOnlySpan<byte> received)
    {
        int end = received[_searched..].IndexOf((byte)'\n');
        if (end < 0)
        {
            _searched = received.Length;
            return default;
        }

        ReadOnlySpan<byte> line = received[..(_searched + end)];
        _searched = 0;
        bool isOneOfMany = keysPerRequest > 1;
        if (isOneOfMany && _linesLeft == 0)
        {
            return ReadFirst(line);
        }

        bool isLast = !isOneOfMany || --_linesLeft == 0;
        if (line.StartsWith("OK "u8))
        {
            return new ReplyPart { Kind = ReplyPartKind.Value, Text = line[3..], Length = line.Length + 1, EndsReply = isLast };
        }

        if (line.SequenceEqual("NOT_FOUND"u8))
        {
            return new ReplyPart { Kind = ReplyPartKind.Missing, Length = line.Length + 1, EndsReply = isLast };
        }

        return line.StartsWith("ERR "u8)
            ? new ReplyPart { Kind = ReplyPartKind.Error, Text = line, Length = line.Length + 1, EndsReply = isLast }
            : ReplyPart.Invalid(line);
    }

    private ReplyPart ReadFirst(ReadOnlySpan<byte> line)
    {
        if (line.StartsWith("LINES "u8) && Utf8Parser.TryParse(line[6..], out int count, out int length) &&
            count == keysPerRequest && length == line.Length - 6)
        {
            _linesLeft = count;
            return new ReplyPart { Kind = ReplyPartKind.Heading, Length = line.Length + 1 };
        }

        return line.StartsWith("ERR "u8)
            ? new ReplyPart { Kind = ReplyPartKind.Error, Text = line, Length = line.Length + 1, EndsReply = true }
            : ReplyPart.Invalid(line);
    }
}
