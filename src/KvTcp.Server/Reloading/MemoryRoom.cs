using KvTcp.Store;
using Microsoft.Extensions.Logging;

namespace KvTcp.Server;

/// <summary>Sees that the next dataset fits into memory beside those that are there, and gives up what has to go for it. One reload at a time uses it.</summary>
/// <param name="datasets">The datasets that are there.</param>
/// <param name="shrink">Is asked before the current dataset is given up.</param>
/// <param name="snapshots">How snapshots are loaded.</param>
/// <param name="isInPlace">Whether the current dataset may be given up.</param>
/// <param name="logger">Hears what was given up.</param>
internal sealed class MemoryRoom(DatasetHolder datasets, ShrinkGuard shrink, SnapshotLoad snapshots, bool isInPlace, ILogger logger)
{
    private static readonly TimeSpan FreedPoll = TimeSpan.FromMilliseconds(10);

    /// <summary>How memory is measured.</summary>
    public Func<long> Measure { get; set; } = static () => AvailableMemory.Bytes();

    /// <summary>The dataset that was given up before its successor was there, until one is.</summary>
    public ServedDataset? Withdrawn { get; private set; }

    /// <summary>Makes room for data that is about to be loaded.</summary>
    /// <param name="data">What is to be loaded.</param>
    /// <param name="before">What was served last; null for nothing.</param>
    /// <param name="rollbacks">The <see cref="DatasetHolder.Rollbacks"/> of when the reload was asked for.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ReloadRefusedException">There is no room, and none can be made.</exception>
    public async Task MakeAsync(IReadOnlyList<FetchedData> data, ServedDataset? before, int rollbacks, CancellationToken cancellationToken)
    {
        long needed = MemoryForecast.ToLoad(data, before, snapshots);
        if (needed <= Measure())
        {
            return;
        }

        if (datasets.DropPrevious() is ServedDataset previous)
        {
            ServerLog.DroppedPrevious(logger, "a reload needs its memory");
            await FreedAsync(previous, cancellationToken);
        }

        long available = Measure();
        if (needed <= available)
        {
            return;
        }

        ServedDataset? current = datasets.Current;
        if (!isInPlace || current is null || needed > available + MemoryForecast.NativeBytes(current))
        {
            throw new ReloadRefusedException(
                $"the new dataset does not fit into memory beside the old one: it needs about {needed >> 20} MiB, and {available >> 20} MiB are available"
                + (isInPlace ? "" : "; see --reload-in-place"))
            {
                IsPassing = true,
            };
        }

        shrink.RefuseShorterText(MemoryForecast.TextLength(data), current);
        Withdrawn = datasets.TryWithdraw(rollbacks) ?? throw new ReloadRefusedException(ReloadOutcome.EndedByRollback);
        ServerLog.Withdrawn(logger, needed >> 20, available >> 20);
        await FreedAsync(Withdrawn, cancellationToken);
    }

    /// <summary>After a swap: keeps the previous dataset only if the next reload fits beside both.</summary>
    public void KeepForNext(ServedDataset current)
    {
        Withdrawn = null;
        if (datasets.Previous is not null && MemoryForecast.ToLoadAgain(current) > Measure())
        {
            datasets.DropPrevious();
            ServerLog.DroppedPrevious(logger, "the next reload needs its memory");
        }
    }

    /// <summary>Waits until the last reader of a disposed dataset is done.</summary>
    private static async Task FreedAsync(ServedDataset served, CancellationToken cancellationToken)
    {
        while (!served.Dataset.IsFreed)
        {
            await Task.Delay(FreedPoll, cancellationToken);
        }
    }
}
