namespace KvTcp.Store;

/// <summary>Adds up what the chunks of all sources held, and finds the lines that messages name.</summary>
internal sealed class LoadSummary
{
    private readonly IReadOnlyList<DataSource> _sources;
    private readonly IReadOnlyList<ParsedChunk> _chunks;
    private readonly int _maxValueLength;

    /// <summary>The number of the first line of each chunk.</summary>
    private readonly long[] _firstLines;

    /// <summary>Adds up.</summary>
    /// <param name="sources">The sources.</param>
    /// <param name="chunks">All their chunks, in the order of the lines.</param>
    /// <param name="maxValueLength">The limit that a message about a long value names.</param>
    public LoadSummary(IReadOnlyList<DataSource> sources, IReadOnlyList<ParsedChunk> chunks, int maxValueLength)
    {
        _sources = sources;
        _chunks = chunks;
        _maxValueLength = maxValueLength;
        _firstLines = new long[chunks.Count];
        long line = 1;
        for (int i = 0; i < chunks.Count; i++)
        {
            ParsedChunk chunk = chunks[i];
            line = i > 0 && chunks[i - 1].Source == chunk.Source ? line : 1;
            _firstLines[i] = line;
            line += chunk.Lines;
            Pairs += chunk.Pairs;
            ValueBytes += chunk.ValueBytes;
            HashSum += chunk.HashSum;
        }
    }

    /// <summary>The lines that are pairs, duplicates included.</summary>
    public long Pairs { get; }

    public long ValueBytes { get; }

    public ulong HashSum { get; }

    /// <summary>The report, but for the fate of duplicates and the time.</summary>
    public LoadReport Report(long bytesRead) => new()
    {
        Lines = _chunks.Sum(chunk => chunk.Lines),
        BlankLines = _chunks.Sum(chunk => chunk.BlankLines),
        BadLines = _chunks.Sum(chunk => chunk.BadLines),
        BytesRead = bytesRead,
        FirstBadLines = [.. FirstBadLines().Take(LoadReport.MaxBadLines)],
    };

    /// <summary>The place <c>source:line</c> of a pair.</summary>
    /// <param name="chunk">The chunk's place in the list of chunks.</param>
    /// <param name="pair">The pair's index within its chunk.</param>
    public string PlaceOfPair(int chunk, long pair) =>
        $"{NameOf(_chunks[chunk])}:{_firstLines[chunk] + _chunks[chunk].LineOfPair(pair)}";

    private string NameOf(ParsedChunk chunk) => _sources[chunk.Source].Name;

    private IEnumerable<BadLine> FirstBadLines()
    {
        for (int i = 0; i < _chunks.Count; i++)
        {
            foreach ((long line, BadLineReason reason) in _chunks[i].FirstBadLines ?? [])
            {
                yield return new BadLine(NameOf(_chunks[i]), _firstLines[i] + line, DataLine.Describe(reason, _maxValueLength));
            }
        }
    }
}
