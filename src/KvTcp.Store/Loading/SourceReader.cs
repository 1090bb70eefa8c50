using KvTcp.Store.Memory;

namespace KvTcp.Store;

/// <summary>The first phase of a load: reads the sources one after the other, each with all workers, and fills the arena.</summary>
internal sealed class SourceReader : IDisposable
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    private readonly LoadTuning _tuning;
    private readonly ProgressMeter _meter;
    private readonly int _longestLine;
    private readonly LineParser[] _parsers;
    private readonly TextBuffer?[] _buffers;
    private readonly List<ParsedChunk>[] _chunks;

    public SourceReader(DataFileOptions options, LoadTuning tuning, RecordArena arena, ProgressMeter meter)
    {
        _tuning = tuning;
        _meter = meter;
        _longestLine = LineParser.LongestLine(options);
        _parsers = new LineParser[options.Parallelism];
        _buffers = new TextBuffer[options.Parallelism];
        _chunks = new List<ParsedChunk>[options.Parallelism];
        for (int worker = 0; worker < _parsers.Length; worker++)
        {
            _parsers[worker] = new LineParser(options, arena);
            _chunks[worker] = [];
        }
    }

    /// <summary>Reads a source to its end.</summary>
    /// <param name="source">The source.</param>
    /// <param name="index">Its place in the list of sources.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="IOException">The source cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is damaged gzip.</exception>
    public void Read(OpenedSource source, int index, CancellationToken cancellationToken)
    {
        if (source.PlainFile is null)
        {
            ReadStream(source, index, cancellationToken);
        }
        else
        {
            ReadFile(source, index, cancellationToken);
        }
    }

    /// <summary>What has been read, in the order of the lines. The arena is complete; nothing more can be read.</summary>
    public List<ParsedChunk> Finish()
    {
        foreach (LineParser parser in _parsers)
        {
            parser.ReleaseRest();
        }

        return [.. _chunks.SelectMany(chunks => chunks).OrderBy(chunk => chunk.Source).ThenBy(chunk => chunk.Sequence)];
    }

    public void Dispose()
    {
        foreach (TextBuffer? buffer in _buffers)
        {
            buffer?.Dispose();
        }
    }

    private void ReadFile(OpenedSource source, int index, CancellationToken cancellationToken)
    {
        long length = source.StoredLength!.Value;
        long first = StartsWithByteOrderMark(source) ? ByteOrderMark.Length : 0;
        long count = (length - first + _tuning.ChunkLength - 1) / _tuning.ChunkLength;
        long next = -1;
        _meter.Add(first);
        if (count == 0)
        {
            return;
        }

        WorkerThreads.Run(
            (int)Math.Min(_parsers.Length, count),
            (worker, stop) =>
            {
                TextBuffer buffer = _buffers[worker] ??= new TextBuffer(_tuning.BufferLength);
                var reader = new FileChunkReader(source, _parsers[worker], buffer, _longestLine);
                for (long number = Interlocked.Increment(ref next); number < count; number = Interlocked.Increment(ref next))
                {
                    long start = first + (number * _tuning.ChunkLength);
                    long end = Math.Min(start + _tuning.ChunkLength, length);
                    ParsedChunk chunk = Begin(worker, index, number);
                    reader.Parse(start, end, isFirst: number == 0, stop);
                    _parsers[worker].Finish();
                    _meter.Add(end - start);
                }
            },
            cancellationToken);
    }

    private static bool StartsWithByteOrderMark(OpenedSource source)
    {
        Span<byte> start = stackalloc byte[ByteOrderMark.Length];
        return RandomAccess.Read(source.PlainFile!, start, 0) == start.Length && start.SequenceEqual(ByteOrderMark);
    }

    /// <summary>One thread reads (and decompresses) blocks; the others parse them.</summary>
    private void ReadStream(OpenedSource source, int index, CancellationToken cancellationToken)
    {
        using Stream text = source.OpenContent(_meter);
        using var blocks = new BlockQueue(_parsers.Length, Math.Max(_tuning.BlockLength, _longestLine + 1));
        var reader = new StreamBlockReader(text, _tuning.BlockLength);
        WorkerThreads.Run(
            _parsers.Length + 1,
            (thread, stop) =>
            {
                if (thread == 0)
                {
                    blocks.Produce(reader, stop);
                }
                else
                {
                    int worker = thread - 1;
                    blocks.Consume(block => Parse(worker, index, block), stop);
                }
            },
            cancellationToken);
    }

    private unsafe void Parse(int worker, int source, TextBlock block)
    {
        LineParser parser = _parsers[worker];
        _ = Begin(worker, source, block.Sequence);
        byte* text = block.Buffer.Start;
        int length = block.Buffer.Length;
        switch (block.Kind)
        {
            case BlockKind.WholeLines:
                parser.ParseLines(text, length);
                break;
            case BlockKind.LastLine:
                parser.ParseLastLine(text, length);
                break;
            default:
                parser.AddLongLine(text, length);
                break;
        }

        parser.Finish();
    }

    private ParsedChunk Begin(int worker, int source, long sequence)
    {
        var chunk = new ParsedChunk(source, sequence);
        _chunks[worker].Add(chunk);
        _parsers[worker].Begin(chunk);
        return chunk;
    }
}
