namespace KvTcp.Store;

/// <summary>Compares two datasets pair by pair. Stateless.</summary>
public static class DatasetDiff
{
    private const int BatchLength = 1024;

    /// <summary>Compares all pairs, in memory that does not grow with the datasets.</summary>
    /// <param name="first">The older one, say; the caller holds it.</param>
    /// <param name="second">The newer one; the caller holds it.</param>
    /// <param name="onDifference">Is told of each difference at once, in no particular order.</param>
    /// <param name="progress">Is told now and then how many pairs have been compared, of those of both datasets together.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The counts.</returns>
    /// <exception cref="ObjectDisposedException">A dataset has been disposed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static DiffCounts Compare(
        Dataset first,
        Dataset second,
        Action<Difference, Guid> onDifference,
        IProgress<long>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        ArgumentNullException.ThrowIfNull(onDifference);
        var counts = default(DiffCounts);
        void Report(long done)
        {
            cancellationToken.ThrowIfCancellationRequested();
            progress?.Report(done);
        }

        ForEach(first, second, Report, (in Pair pair, in Lookup other) =>
        {
            if (!other.IsHit)
            {
                counts = counts with { Removed = counts.Removed + 1 };
                onDifference(Difference.Removed, pair.Key);
            }
            else if (!other.Value.SequenceEqual(pair.Value))
            {
                counts = counts with { Changed = counts.Changed + 1 };
                onDifference(Difference.Changed, pair.Key);
            }
            else
            {
                counts = counts with { Equal = counts.Equal + 1 };
            }
        });

        // Mostly nothing was added, and the count of those in common tells.
        if (second.Count > counts.Equal + counts.Changed)
        {
            ForEach(second, first, done => Report(first.Count + done), (in Pair pair, in Lookup other) =>
            {
                if (!other.IsHit)
                {
                    counts = counts with { Added = counts.Added + 1 };
                    onDifference(Difference.Added, pair.Key);
                }
            });
        }

        return counts;
    }

    private delegate void PairHandler(in Pair pair, in Lookup other);

    private static void ForEach(Dataset dataset, Dataset other, Action<long> onDone, PairHandler handle)
    {
        var pairs = new Pair[BatchLength];
        var keys = new Guid[BatchLength];
        var results = new Lookup[BatchLength];
        long position = 0;
        long done = 0;
        for (int count; (count = dataset.Scan(ref position, pairs)) > 0;)
        {
            for (int i = 0; i < count; i++)
            {
                keys[i] = pairs[i].Key;
            }

            other.Find(keys.AsSpan(0, count), results);
            for (int i = 0; i < count; i++)
            {
                handle(pairs[i], results[i]);
            }

            done += count;
            onDone(done);
        }
    }
}
