using System.Buffers;
using System.Diagnostics;

namespace KvTcp.Protocol;

// line = *BYTE LF                 at most the limit in bytes, LF included; docs/protocol.md#grammar

/// <summary>Finds lines in a stream of bytes that arrives in pieces. Thread-safe: the only state is the caller's.</summary>
public static class LineFraming
{
    /// <summary>The longest request line, in bytes, LF included.</summary>
    public const int MaxRequestLine = 65_536;

    /// <summary>The longest request line before a connection has authenticated, where that is asked for, in bytes, LF included.</summary>
    public const int MaxRequestLineBeforeAuth = 4_096;

    /// <summary>Takes the next line from the front of a buffer.</summary>
    /// <param name="buffer">What has been received and not yet consumed; on <see cref="FramingStatus.Line"/> it starts after the line.</param>
    /// <param name="maxLength">The longest line accepted, in bytes, LF included.</param>
    /// <param name="searched">
    /// How many bytes at the front of <paramref name="buffer"/> are known to hold no LF: 0 at first, then what the last call for
    /// the same line left there. Thanks to it a line that arrives byte by byte is searched once, not once per byte.
    /// </param>
    /// <param name="line">The line without its LF. It may span segments of the buffer.</param>
    /// <returns>Whether a line is there.</returns>
    public static FramingStatus TryReadLine(
        ref ReadOnlySequence<byte> buffer, int maxLength, ref long searched, out ReadOnlySequence<byte> line)
    {
        Debug.Assert(maxLength > 0);
        Debug.Assert(searched <= buffer.Length);
        if (buffer.Slice(searched).PositionOf((byte)'\n') is not SequencePosition end)
        {
            line = default;
            searched = buffer.Length;
            return searched >= maxLength ? FramingStatus.TooLong : FramingStatus.Incomplete;
        }

        line = buffer.Slice(buffer.Start, end);
        if (line.Length >= maxLength)
        {
            return FramingStatus.TooLong;
        }

        searched = 0;
        buffer = buffer.Slice(buffer.GetPosition(1, end));
        return FramingStatus.Line;
    }
}
