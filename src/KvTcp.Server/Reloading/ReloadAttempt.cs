using KvTcp.Store;
using Microsoft.Extensions.Logging;

namespace KvTcp.Server;

/// <summary>
/// One load after the other, from the sources to the dataset that is served: fetch, see that there is memory, load, look whether the
/// files have held still, compare with what is served, publish. One at a time.
/// </summary>
internal sealed class ReloadAttempt
{
    private static readonly TimeSpan FreedPoll = TimeSpan.FromMilliseconds(10);

    private readonly DatasetHolder _datasets;
    private readonly IReadOnlyList<DatasetSource> _sources;
    private readonly DataFileOptions _dataFiles;
    private readonly ReloadOptions _options;
    private readonly ILogger _logger;
    private readonly string _name;
    private volatile SourceVersion?[] _taken;
    private ServedDataset? _withdrawn;

    public ReloadAttempt(
        DatasetHolder datasets, IReadOnlyList<DatasetSource> sources, DataFileOptions dataFiles, ReloadOptions options, ILogger logger)
    {
        _datasets = datasets;
        _sources = sources;
        _dataFiles = dataFiles;
        _options = options;
        _logger = logger;
        _taken = new SourceVersion?[sources.Count];
        _name = string.Join(',', sources.Select(static source => source.Name));
        WatchedPaths = [.. sources.Select(static source => source.WatchedPath).OfType<string>()];
    }

    /// <summary>How memory is measured.</summary>
    public Func<long> MeasureMemory { get; set; } = static () => AvailableMemory.Bytes();

    /// <summary>The files that can be watched.</summary>
    public IReadOnlyList<string> WatchedPaths { get; }

    /// <summary>The versions of the watched files that a load last took: served them, or found that they are not to be served.</summary>
    public IReadOnlyList<SourceVersion?> TakenOfWatched => [.. _taken.Where((_, i) => _sources[i].WatchedPath is not null)];

    /// <summary>Loads the first dataset; nothing is there to compare it with.</summary>
    public async Task LoadFirstAsync(IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        ServerLog.Loading(_logger, _name);
        using FetchedSources data = new(_sources.Count);
        SourceVersion?[] versions = [.. _taken];
        await FetchAsync(data, versions, ReloadTrigger.Command, cancellationToken);
        _datasets.Publish(await Task.Run(() => Load(data.All, _dataFiles, progress, cancellationToken), CancellationToken.None));
        _taken = versions;
    }

    /// <summary>Loads again.</summary>
    /// <param name="trigger">What has asked for it.</param>
    /// <param name="cancellationToken">Gives up; what is served stays.</param>
    /// <returns>The outcome, unless an exception says why it is refused; null when what was said last still holds.</returns>
    public async Task<ReloadOutcome?> RunAsync(ReloadTrigger trigger, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        SourceVersion?[] versions = [.. _taken];
        try
        {
            ReloadOutcome? outcome = await FetchAndLoadAsync(versions, trigger, cancellationToken);
            _taken = versions;
            return outcome;
        }
        catch (Exception exception) when (!IsPassing(exception))
        {
            // The same data would be refused again, or a rollback says that nobody wants it.
            _taken = versions;
            throw;
        }
    }

    /// <summary>Loads again, and notes in <paramref name="versions"/> what the sources have.</summary>
    private async Task<ReloadOutcome?> FetchAndLoadAsync(SourceVersion?[] versions, ReloadTrigger trigger, CancellationToken cancellationToken)
    {
        using FetchedSources fetched = new(_sources.Count);
        await FetchAsync(fetched, versions, trigger, cancellationToken);
        ServedDataset? before = _datasets.Current ?? _withdrawn;
        if (fetched.HasNothing)
        {
            // What the sources have may have been refused or rolled back before.
            return _datasets.Current?.Versions.SequenceEqual(versions) == true
                ? new ReloadOutcome(ReloadResult.Unchanged, before!.Dataset.Id, "the sources have nothing new")
                : null;
        }

        ServerLog.Reloading(_logger, _name, trigger);
        await FetchRestAsync(fetched, versions, cancellationToken);
        IReadOnlyList<FetchedData> data = fetched.All;
        await MakeRoomAsync(data, before, cancellationToken);
        ServedDataset next = await LoadInBackgroundAsync(data, cancellationToken);
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            RefuseShrunken(next.Dataset.Count, before);
        }
        catch
        {
            next.Dataset.Dispose();
            throw;
        }

        return Publish(next, before);
    }

    /// <summary>Whether a refusal says nothing of the data, so that the same data may be served at another time.</summary>
    private bool IsPassing(Exception exception) => exception
        is IOException or UnauthorizedAccessException or OutOfMemoryException or ReloadRefusedException { IsPassing: true }
        || (exception is OperationCanceledException && _datasets.Current is null);

    private ReloadOutcome Publish(ServedDataset next, ServedDataset? before)
    {
        _datasets.Publish(next);
        _withdrawn = null;
        if (_datasets.Previous is not null && MemoryForecast.ToLoadAgain(next) > MeasureMemory())
        {
            _datasets.DropPrevious();
            ServerLog.DroppedPrevious(_logger, "the next reload needs its memory");
        }

        return before?.Dataset.Id == next.Dataset.Id
            ? new ReloadOutcome(ReloadResult.Unchanged, next.Dataset.Id, $"dataset {next.Dataset.Id} again: the pairs are the same")
            : new ReloadOutcome(ReloadResult.Done, next.Dataset.Id, $"serving dataset {next.Dataset.Id}, {next.Dataset.Count} pairs");
    }

    /// <summary>Asks all sources, also after one of them has failed: each file that is gone is noted, and not looked for until it is back.</summary>
    private async Task FetchAsync(
        FetchedSources fetched, SourceVersion?[] versions, ReloadTrigger trigger, CancellationToken cancellationToken)
    {
        IReadOnlyList<SourceVersion> served = _datasets.Current?.Versions ?? [];
        Exception? failure = null;
        for (int i = 0; i < _sources.Count; i++)
        {
            if (trigger is ReloadTrigger.Refresh && !_sources[i].IsRemote)
            {
                // A file that is being written now is the watch's business, which waits until it is at rest.
                continue;
            }

            SourceVersion? known = trigger is ReloadTrigger.Watch or ReloadTrigger.Refresh
                ? versions[i]
                : _sources[i].IsRemote ? served.ElementAtOrDefault(i) : null;
            try
            {
                fetched[i] = await _sources[i].FetchAsync(known, cancellationToken);
                versions[i] = fetched[i]?.Version ?? known;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ReloadRefusedException)
            {
                failure ??= exception;
                if (_sources[i].WatchedPath is not null)
                {
                    versions[i] = null;
                    _taken = [.. _taken.Select((version, source) => source == i ? null : version)];
                }
            }
        }

        if (failure is not null)
        {
            throw failure;
        }
    }

    /// <summary>Gets the data of those sources too that have nothing new.</summary>
    private async Task FetchRestAsync(FetchedSources fetched, SourceVersion?[] versions, CancellationToken cancellationToken)
    {
        for (int i = 0; i < _sources.Count; i++)
        {
            if (fetched[i] is null)
            {
                fetched[i] = await _sources[i].FetchAsync(known: null, cancellationToken);
                versions[i] = fetched[i]!.Version;
            }
        }
    }

    /// <summary>Loads at low priority. A read that hangs, from a pipe or a broken disk, does not hold up who has given up.</summary>
    private async Task<ServedDataset> LoadInBackgroundAsync(IReadOnlyList<FetchedData> data, CancellationToken cancellationToken)
    {
        // Half of the processors are left to requests.
        DataFileOptions options = _dataFiles with { Parallelism = Math.Max(1, _dataFiles.Parallelism / 2) };
        Task<ServedDataset> load = BackgroundThread.RunAsync(() => Load(data, options, progress: null, cancellationToken));
        try
        {
            return await load.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (!load.IsCompleted)
        {
            _ = load.ContinueWith(
                static late => late.Result.Dataset.Dispose(),
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
            throw;
        }
    }

    private ServedDataset Load(
        IReadOnlyList<FetchedData> data, DataFileOptions options, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        long textLength = MemoryForecast.TextLength(data);
        LoadResult loaded = DatasetLoader.Load([.. data.Select(static d => d.Data)], options, progress, cancellationToken);
        try
        {
            foreach (FetchedData d in data)
            {
                if (d.CurrentVersion() != d.Version)
                {
                    throw new IOException(
                        $"{d.Data.Name} changed while it was read; write a new file beside it and rename that to publish it, then try again");
                }
            }
        }
        catch
        {
            loaded.Dataset.Dispose();
            throw;
        }

        ServedDataset served = new(loaded.Dataset, _name, loaded.Report, DateTimeOffset.UtcNow)
        {
            Versions = [.. data.Select(static d => d.Version)],
            TextLength = textLength,
        };
        LogLoad(served);
        return served;
    }

    private void RefuseShrunken(long count, ServedDataset? before)
    {
        long pairs = before?.Dataset.Count ?? 0;
        if (count < pairs * (1 - _options.MaxShrink))
        {
            throw new ReloadRefusedException(
                $"{_name}: {count} pairs are {Percentage(count, pairs)} less than the {pairs} of before; see --max-shrink to allow that");
        }
    }

    /// <summary>Sees that the new dataset fits beside the old one, or gives up what has to be given up for it.</summary>
    /// <exception cref="ReloadRefusedException">There is no room.</exception>
    private async Task MakeRoomAsync(IReadOnlyList<FetchedData> data, ServedDataset? before, CancellationToken cancellationToken)
    {
        long needed = MemoryForecast.ToLoad(data, before, _dataFiles.Snapshots);
        if (needed <= MeasureMemory())
        {
            return;
        }

        if (_datasets.DropPrevious() is ServedDataset previous)
        {
            ServerLog.DroppedPrevious(_logger, "a reload needs its memory");
            await FreedAsync(previous, cancellationToken);
        }

        long available = MeasureMemory();
        if (needed <= available)
        {
            return;
        }

        ServedDataset? current = _datasets.Current;
        if (!_options.InPlace || current is null || needed > available + MemoryForecast.NativeBytes(current))
        {
            throw new ReloadRefusedException(
                $"the new dataset does not fit into memory beside the old one: it needs about {needed >> 20} MiB, and {available >> 20} MiB are available"
                + (_options.InPlace ? "" : "; see --reload-in-place"))
            {
                IsPassing = true,
            };
        }

        RefuseSmallerFiles(data, current);
        _withdrawn = _datasets.Withdraw();

        // With nothing to serve, the version from before is as welcome as a new one.
        _taken = new SourceVersion?[_sources.Count];
        ServerLog.Withdrawn(_logger, needed >> 20, available >> 20);
        await FreedAsync(current, cancellationToken);
    }

    /// <summary>Before the old dataset is given up: the little that can be known without loading.</summary>
    private void RefuseSmallerFiles(IReadOnlyList<FetchedData> data, ServedDataset current)
    {
        long length = MemoryForecast.TextLength(data);
        if (length < current.TextLength * (1 - _options.MaxShrink))
        {
            throw new ReloadRefusedException(
                $"{_name}: {length} bytes of text are {Percentage(length, current.TextLength)} less than the {current.TextLength} of before; "
                + "see --max-shrink to allow that");
        }
    }

    private static string Percentage(long left, long before) => $"{100 * (1 - ((double)left / before)):0}%";

    /// <summary>Waits until the last reader of a disposed dataset is done.</summary>
    private static async Task FreedAsync(ServedDataset served, CancellationToken cancellationToken)
    {
        while (!served.Dataset.IsFreed)
        {
            await Task.Delay(FreedPoll, cancellationToken);
        }
    }

    private void LogLoad(ServedDataset served)
    {
        LoadReport report = served.Report;
        ServerLog.Loaded(_logger, report.Pairs, served.Source, report.Duration.TotalSeconds, served.Dataset.Id.ToString(), report.BytesRead);
        if (report.BadLines > 0)
        {
            ServerLog.SkippedBadLines(_logger, report.BadLines, report.Lines, report.FirstBadLines[0].ToString());
        }

        if (report.Duplicates > 0)
        {
            ServerLog.DroppedDuplicates(_logger, report.Duplicates, _dataFiles.Duplicates == DuplicatePolicy.First ? "first" : "last");
        }
    }
}
