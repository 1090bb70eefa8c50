using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Text.Unicode;
using KvTcp.Protocol;
using KvTcp.Store.Index;
using KvTcp.Store.Memory;

namespace KvTcp.Store;

// line = key SP value [CR] LF | [CR] LF          the last line of a source may end without LF
// The format stands in docs/data-file.md.

/// <summary>Parses lines and appends their pairs to the records; one for each worker.</summary>
internal sealed unsafe class LineParser
{
    // The shortest pair: an empty value.
    private const int ShortestPair = DataLine.KeyAndSpace + 1;

    private readonly ArenaWriter _records;
    private readonly int _maxValueLength;
    private readonly bool _version4;
    private readonly bool _trackLines;
    private ParsedChunk _chunk = new(0, 0);

    public LineParser(DataFileOptions options, RecordArena arena)
    {
        _records = new ArenaWriter(arena);
        _maxValueLength = options.MaxValueLength;
        _version4 = options.UuidVersion is 4;
        _trackLines = options.Duplicates == DuplicatePolicy.Error;
    }

    /// <summary>The longest line that can be a pair, with the CR and without the LF.</summary>
    public static int LongestLine(DataFileOptions options) => DataLine.KeyAndSpace + options.MaxValueLength + 1;

    /// <summary>Starts a chunk.</summary>
    public void Begin(ParsedChunk chunk)
    {
        _chunk = chunk;
        if (_trackLines)
        {
            chunk.LinesWithoutPair = [];
        }

        _records.Begin();
    }

    /// <summary>Ends the chunk.</summary>
    public void Finish() => _chunk.Runs = _records.Finish();

    /// <summary>Gives back the memory that was claimed and not used.</summary>
    public void ReleaseRest() => _records.ReleaseRest();

    /// <summary>Parses whole lines.</summary>
    /// <param name="text">The lines; <see cref="TextBuffer.Slack"/> bytes behind them must be readable.</param>
    /// <param name="length">Their length; the last byte is an LF.</param>
    public void ParseLines(byte* text, int length)
    {
        Debug.Assert(length > 0 && text[length - 1] == '\n');

        // Nearly all blocks pass these checks as a whole, which is much cheaper than line by line. A sequence of UTF-8 never
        // contains an LF, so a valid block consists of valid lines.
        ReadOnlySpan<byte> block = new(text, length);
        TextFeatures features = TextFeatures.Of(block);
        bool clean = !features.HasNulOrCarriageReturn && (!features.HasNonAscii || Utf8.IsValid(block));
        if (clean && !_version4)
        {
            ParseCleanLines(text, text + length);
        }
        else
        {
            ParseAnyLines(text, text + length);
        }
    }

    /// <summary>Parses one line without its LF: the last one of a source.</summary>
    /// <param name="text">The line; <see cref="TextBuffer.Slack"/> bytes behind it must be readable.</param>
    /// <param name="length">Its length, at least 1.</param>
    public void ParseLastLine(byte* text, int length) => ParseLine(text, length);

    /// <summary>Counts a line that is longer than <see cref="LongestLine"/>.</summary>
    /// <param name="text">Its beginning.</param>
    /// <param name="length">The length of that, more than <see cref="LongestLine"/>.</param>
    public void AddLongLine(byte* text, int length)
    {
        Debug.Assert(length > DataLine.KeyAndSpace + _maxValueLength + 1);
        _chunk.AddBadLine(
            DataLine.Check(new ReadOnlySpan<byte>(text, length), _maxValueLength, _version4, out _) ?? BadLineReason.ValueTooLong);
    }

    // A load is over before the runtime would compile its loops a second time, so they are optimised at once.

    /// <summary>Lines of a block that is valid UTF-8 without CR and NUL.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ParseCleanLines(byte* next, byte* end)
    {
        while (next < end)
        {
            if (end - next < ShortestPair || next[UuidText.Length] != ' ' ||
                !UuidText.TryParse(new ReadOnlySpan<byte>(next, UuidText.Length), out Guid key))
            {
                next = ParseNextLine(next, end);
                continue;
            }

            byte* value = next + DataLine.KeyAndSpace;
            byte* lineEnd = LineEnd(value, end);
            long length = lineEnd - value;
            if (length <= _maxValueLength)
            {
                AddPair(key, value, (int)length);
            }
            else
            {
                _chunk.AddBadLine(BadLineReason.ValueTooLong);
            }

            next = lineEnd + 1;
        }
    }

    private void ParseAnyLines(byte* next, byte* end)
    {
        while (next < end)
        {
            next = ParseNextLine(next, end);
        }
    }

    private byte* ParseNextLine(byte* next, byte* end)
    {
        byte* lineEnd = LineEnd(next, end);
        ParseLine(next, checked((int)(lineEnd - next)));
        return lineEnd + 1;
    }

    /// <summary>Any line, checked in full.</summary>
    private void ParseLine(byte* line, int length)
    {
        if (length > 0 && line[length - 1] == '\r')
        {
            length--;
        }

        if (length == 0)
        {
            _chunk.AddBlankLine();
            return;
        }

        BadLineReason? reason = DataLine.Check(new ReadOnlySpan<byte>(line, length), _maxValueLength, _version4, out Guid key);
        if (reason is not null)
        {
            _chunk.AddBadLine(reason.Value);
            return;
        }

        AddPair(key, line + DataLine.KeyAndSpace, length - DataLine.KeyAndSpace);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddPair(Guid key, byte* value, int length)
    {
        (ulong low, ulong high) = Unsafe.BitCast<Guid, (ulong, ulong)>(key);
        _records.Append(low, high, value, length);
        ParsedChunk chunk = _chunk;
        chunk.HashSum += PairHash.Of(low, high, value, length);
        chunk.ValueBytes += length;
        chunk.Pairs++;
    }

    /// <summary>The next LF; there is one, because blocks end with it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static byte* LineEnd(byte* from, byte* end)
    {
        if (!Vector256.IsHardwareAccelerated)
        {
            return from + new ReadOnlySpan<byte>(from, (int)(end - from)).IndexOf((byte)'\n');
        }

        // May look up to a vector's length beyond the block, but never finds anything there first.
        while (true)
        {
            uint mask = Vector256.Equals(Vector256.Load(from), Vector256.Create((byte)'\n')).ExtractMostSignificantBits();
            if (mask != 0)
            {
                return from + BitOperations.TrailingZeroCount(mask);
            }

            from += Vector256<byte>.Count;
        }
    }
}
