using KvTcp.Store;
using Microsoft.Extensions.Logging;

namespace KvTcp.Server;

/// <summary>Makes datasets to serve of fetched data. One load at a time.</summary>
/// <param name="name">The names of the sources, which STATS shows.</param>
/// <param name="options">How data files are read.</param>
/// <param name="logger">Hears what was loaded.</param>
internal sealed class FetchedDataLoader(string name, DataFileOptions options, ILogger logger)
{
    /// <summary>Loads with all processors, on the caller's thread.</summary>
    /// <param name="data">The data.</param>
    /// <param name="progress">Is told now and then how far it is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DataFileException">The data is bad.</exception>
    /// <exception cref="IOException">It cannot be read, or has changed meanwhile.</exception>
    public ServedDataset Load(IReadOnlyList<FetchedData> data, IProgress<LoadProgress>? progress, CancellationToken cancellationToken) =>
        Load(data, options, progress, cancellationToken);

    /// <summary>Loads at low priority. A read that hangs, from a pipe or a broken disk, does not hold up who has given up.</summary>
    /// <param name="data">The data.</param>
    /// <param name="cancellationToken">Gives up, at once.</param>
    /// <exception cref="DataFileException">The data is bad.</exception>
    /// <exception cref="IOException">It cannot be read, or has changed meanwhile.</exception>
    public async Task<ServedDataset> LoadInBackgroundAsync(IReadOnlyList<FetchedData> data, CancellationToken cancellationToken)
    {
        // Half of the processors are left to requests.
        DataFileOptions half = options with { Parallelism = Math.Max(1, options.Parallelism / 2) };
        Task<ServedDataset> load = BackgroundThread.RunAsync(() => Load(data, half, progress: null, cancellationToken));
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
        IReadOnlyList<FetchedData> data, DataFileOptions how, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        long textLength = MemoryForecast.TextLength(data);
        if (how.Snapshots == SnapshotLoad.Map && data.Any(static d => d.IsInMemory))
        {
            // Mapped, it would take the same memory where nobody counts it, and stay a file on a disk that is small.
            how = how with { Snapshots = SnapshotLoad.Copy };
        }

        LoadResult loaded = DatasetLoader.Load([.. data.Select(static d => d.Data)], how, progress, cancellationToken);
        try
        {
            RefuseChanged(data);
        }
        catch
        {
            loaded.Dataset.Dispose();
            throw;
        }

        ServedDataset served = new(loaded.Dataset, name, loaded.Report, DateTimeOffset.UtcNow)
        {
            Versions = [.. data.Select(static d => d.Version)],
            TextLength = textLength,
        };
        LogLoad(served);
        return served;
    }

    private static void RefuseChanged(IReadOnlyList<FetchedData> data)
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

    private void LogLoad(ServedDataset served)
    {
        LoadReport report = served.Report;
        ServerLog.Loaded(logger, report.Pairs, served.Source, report.Duration.TotalSeconds, served.Dataset.Id.ToString(), report.BytesRead);
        if (report.BadLines > 0)
        {
            ServerLog.SkippedBadLines(logger, report.BadLines, report.Lines, report.FirstBadLines[0].ToString());
        }

        if (report.Duplicates > 0)
        {
            ServerLog.DroppedDuplicates(logger, report.Duplicates, options.Duplicates == DuplicatePolicy.First ? "first" : "last");
        }
    }
}
