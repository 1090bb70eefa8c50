namespace KvTcp.Store;

/// <summary>Reads the pairs of a data file line by line. A position is a number of lines.</summary>
internal sealed class TextPairReader : PairReader
{
    private const int BlockLength = 1 << 20;

    private readonly OpenedSource _source;
    private readonly DataFileOptions _options;
    private readonly ProgressMeter _meter;
    private readonly StreamBlockReader _reader;
    private readonly TextBuffer _text;
    private BlockKind _kind;
    private int _lastLine;
    private int _next;
    private long _lines;
    private long _badLines;

    public TextPairReader(OpenedSource source, DataFileOptions options, ProgressMeter meter)
    {
        if (SnapshotFile.HasItsName(source.Name))
        {
            throw new DataFileException(SnapshotFile.DescribeMisnamed(source.Name), new LoadReport());
        }

        _source = source;
        _options = options;
        _meter = meter;
        _reader = new StreamBlockReader(source.OpenContent(meter), BlockLength);
        _text = new TextBuffer(Math.Max(BlockLength, LineParser.LongestLine(options) + 1));
    }

    public override long Done => _meter.BytesRead;

    public override long Total => _source.StoredLength ?? 0;

    public override long BadLines => _badLines;

    public override void SkipTo(long position)
    {
        while (_lines < position)
        {
            if (!TryReadLine(out _))
            {
                throw new DataFileException($"{_source.Name} is another file than it was: it has no line {position}", new LoadReport());
            }
        }
    }

    public override bool TryRead(PairBlock block)
    {
        block.Clear();
        while (!block.IsFull && TryReadLine(out ReadOnlySpan<byte> line))
        {
            if (line.IsEmpty)
            {
                continue;
            }

            BadLineReason? reason = DataLine.Check(line, _options.MaxValueLength, _options.UuidVersion is 4, out Guid key);
            if (reason is null)
            {
                block.Add(key, line[DataLine.KeyAndSpace..]);
            }
            else if (_options.OnBadLine == BadLinePolicy.Skip)
            {
                _badLines++;
            }
            else if (block.Count == 0)
            {
                throw BadLine(reason.Value);
            }
            else
            {
                // First those before it; the next call meets it again.
                UnreadLine();
                break;
            }
        }

        block.End = _lines;
        return block.Count > 0;
    }

    protected override void Dispose(bool disposing)
    {
        _text.Dispose();
        _source.Dispose();
    }

    /// <summary>The next line without its end; of one that is too long, only its beginning.</summary>
    private bool TryReadLine(out ReadOnlySpan<byte> line)
    {
        if (_next == _text.Length)
        {
            Fill();
        }

        if (_kind == BlockKind.End)
        {
            line = default;
            return false;
        }

        line = _text.Text[_next..];
        int length = _kind == BlockKind.WholeLines ? line.IndexOf((byte)'\n') + 1 : line.Length;
        _lastLine = _next;
        _next += length;
        _lines++;
        line = line[..(_kind == BlockKind.WholeLines ? length - 1 : length)];
        line = line is [.., (byte)'\r'] ? line[..^1] : line;
        return true;
    }

    private void UnreadLine()
    {
        _next = _lastLine;
        _lines--;
    }

    private void Fill()
    {
        _text.Length = 0;
        _next = 0;
        try
        {
            _kind = _reader.Fill(_text);
        }
        catch (InvalidDataException exception)
        {
            throw new DataFileException(
                $"{_source.Name}: damaged gzip: {exception.Message}", new LoadReport { Lines = _lines, BytesRead = _meter.BytesRead }, exception);
        }
    }

    private DataFileException BadLine(BadLineReason reason)
    {
        var line = new BadLine(_source.Name, _lines, DataLine.Describe(reason, _options.MaxValueLength));
        return new DataFileException(
            line.ToString(), new LoadReport { Lines = _lines, BadLines = _badLines + 1, FirstBadLines = [line], BytesRead = _meter.BytesRead });
    }
}
