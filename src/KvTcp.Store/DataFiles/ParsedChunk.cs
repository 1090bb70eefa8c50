using KvTcp.Store.Index;

namespace KvTcp.Store;

/// <summary>What one chunk of a source's text held: a range of a file, or a block of a stream.</summary>
/// <param name="source">The source's place in the list of sources.</param>
/// <param name="sequence">The chunk's place within its source.</param>
internal sealed class ParsedChunk(int source, long sequence)
{
    public int Source { get; } = source;

    public long Sequence { get; } = sequence;

    public long Lines => Pairs + BlankLines + BadLines;

    public long Pairs { get; set; }

    public long BlankLines { get; set; }

    public long BadLines { get; set; }

    public long ValueBytes { get; set; }

    /// <summary>The sum of the pairs' hashes: see <see cref="PairHash"/>.</summary>
    public ulong HashSum { get; set; }

    /// <summary>Where the records lie, in the order of the lines.</summary>
    public RecordRun[] Runs { get; set; } = [];

    /// <summary>The first bad lines, numbered from 0 within the chunk.</summary>
    public List<(long Line, BadLineReason Reason)>? FirstBadLines { get; private set; }

    /// <summary>Runs of lines that are no pairs, so that a record's place can be turned to its line; null if not asked for.</summary>
    public List<(long Line, long Count)>? LinesWithoutPair { get; set; }

    /// <summary>Counts the next line as a bad one.</summary>
    public void AddBadLine(BadLineReason reason)
    {
        if (BadLines < LoadReport.MaxBadLines)
        {
            (FirstBadLines ??= []).Add((Lines, reason));
        }

        TrackLineWithoutPair();
        BadLines++;
    }

    /// <summary>Counts the next line as a blank one.</summary>
    public void AddBlankLine()
    {
        TrackLineWithoutPair();
        BlankLines++;
    }

    /// <summary>The line of a pair, numbered from 0 within the chunk.</summary>
    /// <param name="pair">The pair's index within the chunk.</param>
    public long LineOfPair(long pair)
    {
        long line = pair;
        foreach ((long first, long count) in LinesWithoutPair ?? [])
        {
            if (first > line)
            {
                break;
            }

            line += count;
        }

        return line;
    }

    private void TrackLineWithoutPair()
    {
        if (LinesWithoutPair is { } lines)
        {
            if (lines.Count > 0 && lines[^1].Line + lines[^1].Count == Lines)
            {
                lines[^1] = (lines[^1].Line, lines[^1].Count + 1);
            }
            else
            {
                lines.Add((Lines, 1));
            }
        }
    }
}
