using KvTcp.Store;
using Microsoft.Extensions.Logging;

namespace KvTcp.Server;

/// <summary>
/// One load after the other, from the sources to the dataset that is served: fetch, see that there is memory, load, look whether the
/// files have held still, compare with what is served, publish. One at a time.
/// </summary>
internal sealed class ReloadAttempt
{
    private readonly DatasetHolder _datasets;
    private readonly DatasetSources _sources;
    private readonly FetchedDataLoader _loader;
    private readonly ShrinkGuard _shrink;
    private readonly ILogger _logger;
    private ServedDataset? _published;

    /// <summary>Loads nothing yet.</summary>
    public ReloadAttempt(DatasetHolder datasets, DatasetSources sources, DataFileOptions dataFiles, ReloadOptions options, ILogger logger)
    {
        _datasets = datasets;
        _sources = sources;
        _loader = new FetchedDataLoader(sources.Name, dataFiles, logger);
        _shrink = new ShrinkGuard(sources.Name, options.MaxShrink);
        _logger = logger;
        Room = new MemoryRoom(datasets, _shrink, dataFiles.Snapshots, options.InPlace, logger);
    }

    /// <summary>The memory for it.</summary>
    public MemoryRoom Room { get; }

    /// <summary>Loads the first dataset; nothing is there to compare it with.</summary>
    public async Task LoadFirstAsync(IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        ServerLog.Loading(_logger, _sources.Name);
        using FetchedSources fetched = _sources.Begin();
        await _sources.FetchAsync(fetched, ReloadTrigger.Command, served: [], cancellationToken);
        ServedDataset first = await Task.Run(() => _loader.Load(fetched.All, progress, cancellationToken), CancellationToken.None);
        _published = _datasets.TryPublish(first, _datasets.Rollbacks) ? first : null;
        _sources.Take(fetched.Versions);
    }

    /// <summary>Loads again.</summary>
    /// <param name="trigger">What has asked for it.</param>
    /// <param name="rollbacks">The <see cref="DatasetHolder.Rollbacks"/> of when it was asked for.</param>
    /// <param name="cancellationToken">Gives up; what is served stays.</param>
    /// <returns>The outcome, unless an exception says why it is refused; null when the sources have nothing new, and what was said last still holds.</returns>
    public async Task<ReloadOutcome?> RunAsync(ReloadTrigger trigger, int rollbacks, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        SeeRollback();
        using FetchedSources fetched = _sources.Begin();
        try
        {
            ReloadOutcome? outcome = await FetchAndLoadAsync(fetched, trigger, rollbacks, cancellationToken);
            if (outcome is not null)
            {
                _sources.Take(fetched.Versions);
            }

            return outcome;
        }
        catch (Exception exception) when (!IsPassing(exception))
        {
            // The same data would be refused again, or a rollback says that nobody wants it.
            _sources.Reject(fetched.Versions, _datasets.Current?.Versions ?? []);
            throw;
        }
        catch when (_datasets.Current is null)
        {
            _sources.Forget();
            throw;
        }
    }

    private async Task<ReloadOutcome?> FetchAndLoadAsync(
        FetchedSources fetched, ReloadTrigger trigger, int rollbacks, CancellationToken cancellationToken)
    {
        ServedDataset? before = _datasets.Current ?? Room.Withdrawn;
        await _sources.FetchAsync(fetched, trigger, _datasets.Current?.Versions ?? [], cancellationToken);
        if (fetched.HasNothing)
        {
            // What the sources have may have been refused or rolled back before.
            return _datasets.Current?.Versions.SequenceEqual(fetched.Versions) == true
                ? new ReloadOutcome(ReloadResult.Unchanged, before!.Dataset.Id, "the sources have nothing new")
                : null;
        }

        ServerLog.Reloading(_logger, _sources.Name, trigger);
        await _sources.FetchRestAsync(fetched, trigger, cancellationToken);
        await Room.MakeAsync(fetched.All, before, rollbacks, cancellationToken);
        ServedDataset next = await _loader.LoadInBackgroundAsync(fetched.All, cancellationToken);
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            _shrink.RefuseFewerPairs(next.Dataset.Count, before);
            Publish(next, rollbacks);
        }
        catch
        {
            next.Dataset.Dispose();
            throw;
        }

        Room.KeepForNext(next);
        return before?.Dataset.Id == next.Dataset.Id
            ? new ReloadOutcome(ReloadResult.Unchanged, next.Dataset.Id, $"dataset {next.Dataset.Id} again: the pairs are the same")
            : new ReloadOutcome(ReloadResult.Done, next.Dataset.Id, $"serving dataset {next.Dataset.Id}, {next.Dataset.Count} pairs");
    }

    private void Publish(ServedDataset next, int rollbacks)
    {
        if (!_datasets.TryPublish(next, rollbacks))
        {
            throw new ReloadRefusedException(ReloadOutcome.EndedByRollback);
        }

        _published = next;
    }

    /// <summary>Finds out whether somebody has rolled back from what was published last.</summary>
    private void SeeRollback()
    {
        if (_datasets.Current is ServedDataset current && _published is ServedDataset published && current != published)
        {
            _sources.NoteUnwanted(published.Versions, current.Versions);
            _published = current;
        }
    }

    /// <summary>Whether a refusal says nothing of the data, so that the same data may be served at another time.</summary>
    private bool IsPassing(Exception exception) => exception
        is IOException or UnauthorizedAccessException or OutOfMemoryException or ReloadRefusedException { IsPassing: true }
        || (exception is OperationCanceledException && _datasets.Current is null);
}
