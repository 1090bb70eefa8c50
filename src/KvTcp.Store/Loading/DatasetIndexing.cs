using KvTcp.Protocol;
using KvTcp.Store.Index;
using KvTcp.Store.Memory;

namespace KvTcp.Store;

/// <summary>The second phase of a load: indexes the records of the arena, settles duplicates, and makes the dataset.</summary>
internal sealed unsafe class DatasetIndexing
{
    // What a dataset may keep beyond its values. With a table at 3/4, short values and no dead records it is 28 a key.
    private const long MaxOverheadPerKey = 32;

    private readonly DataFileOptions _options;
    private readonly LoadTuning _tuning;
    private readonly RecordArena _arena;
    private readonly IReadOnlyList<ParsedChunk> _chunks;
    private readonly LoadSummary _summary;
    private readonly RecordOrder _order;

    public DatasetIndexing(
        DataFileOptions options,
        LoadTuning tuning,
        RecordArena arena,
        IReadOnlyList<ParsedChunk> chunks,
        LoadSummary summary)
    {
        _options = options;
        _tuning = tuning;
        _arena = arena;
        _chunks = chunks;
        _summary = summary;
        _order = new RecordOrder([.. chunks.Select(chunk => chunk.Runs)]);
    }

    private byte* Records => _arena.Region.Address;

    /// <summary>Makes the dataset, which takes over the arena's memory.</summary>
    /// <param name="report">What was read, for the message about a duplicate.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="DataFileException">There is a duplicate, and the policy allows none.</exception>
    public Dataset Run(LoadReport report, CancellationToken cancellationToken)
    {
        // Ascending offsets: compaction slides records downwards, and walking forward pleases the memory.
        List<RecordRun> runs = [.. _chunks.SelectMany(chunk => chunk.Runs).OrderBy(run => run.Start)];
        var builder = new IndexBuilder(
            Records,
            _order,
            keepLast: _options.Duplicates == DuplicatePolicy.Last,
            _options.Parallelism,
            _tuning);
        (SlotTable table, KeyHash hash, IndexTally tally) = builder.Build(runs, _summary.Pairs, cancellationToken);
        try
        {
            if (tally.Duplicates > 0 && _options.Duplicates == DuplicatePolicy.Error)
            {
                throw DuplicateError(table, hash, tally, report);
            }

            long valueBytes = _summary.ValueBytes - tally.DuplicateValueBytes;
            DatasetId id = PairHash.IdOf(_summary.HashSum - tally.DuplicateHashSum, tally.Keys);
            long recordBytes = runs.Sum(run => run.End - run.Start);
            if (tally.Duplicates > 0 && table.HomeBytes + recordBytes > valueBytes + (MaxOverheadPerKey * tally.Keys))
            {
                runs = RecordCompaction.Compact(Records, RecordArena.FirstOffset, runs, table, hash, cancellationToken);
                table.Dispose();
                (table, hash, tally) = builder.Build(runs, tally.Keys, cancellationToken);
                recordBytes = runs.Sum(run => run.End - run.Start);
            }

            _arena.Truncate(Math.Min(_arena.End, (runs.Count > 0 ? runs[^1].End : RecordArena.FirstOffset) + Record.Slack));
            var statistics = new DatasetStatistics
            {
                Slots = table.Length,
                IndexBytes = table.Bytes,
                RecordBytes = recordBytes,
                NativeBytes = table.Bytes + recordBytes,
                ValueBytes = valueBytes,
                LongestProbe = tally.LongestProbe,
                MeanProbe = tally.Keys == 0 ? 0 : (double)tally.ProbeSum / tally.Keys,
            };
            var records = new RecordArea(_arena.Region, _arena.Region.Address, runs, isForeign: false);
            return new Dataset(records, table, hash, tally.Keys, id, statistics);
        }
        catch
        {
            table.Dispose();
            throw;
        }
    }

    /// <summary>Names the first line whose key was there before, and where that was.</summary>
    private DataFileException DuplicateError(SlotTable table, KeyHash hash, IndexTally tally, LoadReport report)
    {
        (ulong low, ulong high) = Record.Key(Records + tally.FirstDuplicate);
        ulong keyHash = hash.Of(low, high);
        ulong* slot = SlotTable.Candidate(SlotTable.Home(table.Slots, table.Homes, keyHash), keyHash);
        while (!Record.HasKey(Records + SlotTable.Offset(*slot), low, high))
        {
            slot = SlotTable.Candidate(slot + 1, keyHash);
        }

        Span<byte> text = stackalloc byte[UuidText.Length];
        UuidText.Format(System.Runtime.CompilerServices.Unsafe.BitCast<(ulong, ulong), Guid>((low, high)), text);
        string message =
            $"{PlaceOf(tally.FirstDuplicate)}: duplicate key {System.Text.Encoding.ASCII.GetString(text)}, " +
            $"first at {PlaceOf(SlotTable.Offset(*slot))} ({tally.Duplicates} in all)";
        return new DataFileException(message, report with { Duplicates = tally.Duplicates });
    }

    /// <summary>The <c>source:line</c> that a record came from.</summary>
    private string PlaceOf(long offset)
    {
        int chunk = _order.ChunkOf(offset);
        long pair = 0;
        foreach (RecordRun run in _chunks[chunk].Runs)
        {
            for (long next = run.Start; next < run.End && next < offset; pair++)
            {
                byte* value = Record.Value(Records + next, out int length);
                next = value + length - Records;
            }
        }

        return _summary.PlaceOfPair(chunk, pair);
    }
}
