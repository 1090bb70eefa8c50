using System.Buffers;
using System.Buffers.Text;

namespace KvTcp.Protocol;

// reply = "OK" [ SP text ] LF | "NOT_FOUND" LF | "ERR" SP code SP text LF | "LINES" SP n LF n*( line LF )
// docs/protocol.md#grammar

/// <summary>Reads replies as bytes, the client's side of <see cref="ReplyWriter"/>. Allocates nothing; thread-safe.</summary>
public static class ReplyParser
{
    /// <summary>The longest reply line to a server with the default value limit of 1 MiB, in bytes, LF included.</summary>
    public const int DefaultMaxReplyLine = 1024 * 1024 + 4;

    /// <summary>
    /// The longest word and code, or word and number, with room to spare. Nothing beyond is looked at for them, so that what a
    /// line is does not depend on the pieces in which it arrives.
    /// </summary>
    private const int LongestStatus = 64;

    /// <summary>Takes the next reply line from the front of a buffer.</summary>
    /// <param name="buffer">What has been received and not yet consumed; on <see cref="ReplyStatus.Reply"/> it starts after the line.</param>
    /// <param name="maxLength">The longest line accepted, in bytes, LF included.</param>
    /// <param name="searched">As for <see cref="LineFraming.TryReadLine"/>: 0 at first, then what the last call left there.</param>
    /// <param name="reply">The reply.</param>
    /// <returns>Whether a reply is there.</returns>
    public static ReplyStatus TryRead(ref ReadOnlySequence<byte> buffer, int maxLength, ref long searched, out Reply reply)
    {
        // Nearly every reply is a value that lies in one piece.
        ReadOnlySpan<byte> first = buffer.FirstSpan;
        int length = searched == 0 && first.StartsWith("OK "u8) ? first.IndexOf((byte)'\n') : -1;
        if (length >= 0 && length < maxLength)
        {
            reply = new Reply(ReplyKind.Ok, buffer.Slice(3, length - 3), default, 0);
            buffer = buffer.Slice(length + 1);
            return ReplyStatus.Reply;
        }

        ReadOnlySequence<byte> rest = buffer;
        reply = default;
        switch (LineFraming.TryReadLine(ref rest, maxLength, ref searched, out ReadOnlySequence<byte> line))
        {
            case FramingStatus.Incomplete:
                return ReplyStatus.Incomplete;
            case FramingStatus.TooLong:
                return ReplyStatus.Invalid;
        }

        if (!TryParse(line, out reply))
        {
            reply = default;
            return ReplyStatus.Invalid;
        }

        buffer = rest;
        return ReplyStatus.Reply;
    }

    private static bool TryParse(ReadOnlySequence<byte> line, out Reply reply)
    {
        ReadOnlySpan<byte> first = line.FirstSpan;
        int length = (int)Math.Min(line.Length, LongestStatus);
        if (first.Length >= length)
        {
            return TryParse(line, first.Slice(0, length), out reply);
        }

        Span<byte> joined = stackalloc byte[LongestStatus];
        line.Slice(0, length).CopyTo(joined);
        return TryParse(line, joined.Slice(0, length), out reply);
    }

    /// <param name="line">The line.</param>
    /// <param name="start">Its first <see cref="LongestStatus"/> bytes in one piece, or all of it.</param>
    /// <param name="reply">The reply; meaningless when there is none.</param>
    private static bool TryParse(ReadOnlySequence<byte> line, scoped ReadOnlySpan<byte> start, out Reply reply)
    {
        reply = default;
        if (start.StartsWith("OK "u8))
        {
            reply = new Reply(ReplyKind.Ok, line.Slice(3), default, 0);
            return true;
        }

        if (start.StartsWith("LINES "u8))
        {
            bool isNumber = Utf8Parser.TryParse(start.Slice(6), out int count, out int length) && length == line.Length - 6;
            reply = new Reply(ReplyKind.Lines, default, default, count);
            return isNumber && count >= 0 && start[6] is >= (byte)'0' and <= (byte)'9';
        }

        if (start.StartsWith("ERR "u8))
        {
            int space = start.Slice(4).IndexOf((byte)' ');
            if (space <= 0)
            {
                return false;
            }

            reply = new Reply(ReplyKind.Error, line.Slice(4 + space + 1), ErrorCodeText.Parse(start.Slice(4, space)), 0);
            return true;
        }

        reply = new Reply(line.Length == 2 ? ReplyKind.Ok : ReplyKind.NotFound, default, default, 0);
        return (line.Length == 2 && start.SequenceEqual("OK"u8)) || (line.Length == 9 && start.SequenceEqual("NOT_FOUND"u8));
    }
}
