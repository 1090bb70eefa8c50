using System.Diagnostics;
using KvTcp.Store.Index;
using KvTcp.Store.Memory;

namespace KvTcp.Store;

/// <summary>One load, from opening the sources to the dataset: read all records, then index them; or open a snapshot.</summary>
internal sealed class DatasetLoad
{
    private readonly IReadOnlyList<DataSource> _sources;
    private readonly DataFileOptions _options;
    private readonly LoadTuning _tuning;
    private readonly long _started = Stopwatch.GetTimestamp();

    public DatasetLoad(IReadOnlyList<DataSource> sources, DataFileOptions options, LoadTuning tuning)
    {
        _sources = sources;
        _options = options;
        _tuning = tuning;
    }

    /// <summary>Loads.</summary>
    public LoadResult Run(IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        var opened = new List<OpenedSource>(_sources.Count);
        try
        {
            // All of them at once, so that a missing file is noticed before the others are read.
            foreach (DataSource source in _sources)
            {
                opened.Add(OpenedSource.Open(source));
            }

            long? storedLength = opened.Aggregate((long?)0, (sum, source) => sum + source.StoredLength);
            var meter = new ProgressMeter(progress, storedLength);
            return opened.Count == 1 && IsSnapshot(opened[0], meter)
                ? LoadSnapshot(opened[0], meter, cancellationToken)
                : LoadText(opened, storedLength, meter, cancellationToken);
        }
        finally
        {
            foreach (OpenedSource source in opened)
            {
                source.Dispose();
            }
        }
    }

    private LoadResult LoadSnapshot(OpenedSource source, ProgressMeter meter, CancellationToken cancellationToken)
    {
        (Dataset dataset, SnapshotInfo info) = Reading(
            source, meter, () => SnapshotOpening.Open(source, _options, meter, cancellationToken));
        LoadReport report = new() { Lines = info.Pairs, Pairs = info.Pairs, BytesRead = meter.BytesRead, Snapshot = info };
        return new LoadResult(dataset, Timed(report));
    }

    private LoadResult LoadText(List<OpenedSource> opened, long? storedLength, ProgressMeter meter, CancellationToken cancellationToken)
    {
        long? textLength = opened.TrueForAll(source => source.PlainFile is not null) ? storedLength : null;
        var arena = RecordArena.Reserve(
            textLength,
            _options.Parallelism,
            _options.MaxValueLength + Record.MaxOverhead + Record.Slack,
            _tuning.ExtentLength);
        try
        {
            List<ParsedChunk> chunks = Read(opened, arena, meter, cancellationToken);
            var summary = new LoadSummary(_sources, chunks, _options.MaxValueLength);
            LoadReport report = summary.Report(meter.BytesRead);
            if (report.BadLines > 0 && _options.OnBadLine == BadLinePolicy.Stop)
            {
                throw new DataFileException($"{report.FirstBadLines[0]} ({Plural(report.BadLines, "bad line")} in all)", Timed(report));
            }

            var indexing = new DatasetIndexing(_options, _tuning, arena, chunks, summary);
            Dataset dataset = indexing.Run(report, cancellationToken);
            report = report with { Pairs = dataset.Count, Duplicates = summary.Pairs - dataset.Count };
            return new LoadResult(dataset, Timed(report));
        }
        catch
        {
            arena.Dispose();
            throw;
        }
    }

    private List<ParsedChunk> Read(
        List<OpenedSource> opened,
        RecordArena arena,
        ProgressMeter meter,
        CancellationToken cancellationToken)
    {
        using var reader = new SourceReader(_options, _tuning, arena, meter);
        for (int i = 0; i < opened.Count; i++)
        {
            OpenedSource source = opened[i];
            if (opened.Count > 1 && IsSnapshot(source, meter))
            {
                throw new DataFileException(
                    $"{source.Name} is a snapshot, which is loaded alone; give it alone, or build one snapshot of all the data files",
                    Timed(new LoadReport { BytesRead = meter.BytesRead }));
            }

            int number = i;
            Reading(source, meter, () =>
            {
                reader.Read(source, number, cancellationToken);
                return true;
            });
        }

        meter.Report();
        return reader.Finish();
    }

    /// <summary>Decides by the first bytes; the name only tells that something is missing, as when the file has been emptied.</summary>
    private bool IsSnapshot(OpenedSource source, ProgressMeter meter)
    {
        bool isSnapshot = Reading(source, meter, () => source.IsSnapshot(meter));
        return isSnapshot || !SnapshotFile.HasItsName(source.Name)
            ? isSnapshot
            : throw new DataFileException(SnapshotFile.DescribeMisnamed(source.Name), Timed(new LoadReport { BytesRead = meter.BytesRead }));
    }

    private T Reading<T>(OpenedSource source, ProgressMeter meter, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException exception)
        {
            throw new DataFileException(
                $"{source.Name}: damaged gzip: {exception.Message}",
                Timed(new LoadReport { BytesRead = meter.BytesRead }),
                exception);
        }
    }

    private LoadReport Timed(LoadReport report) => report with { Duration = Stopwatch.GetElapsedTime(_started) };

    private static string Plural(long count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
