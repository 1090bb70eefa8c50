using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace KvTcp.Store.Index;

/// <summary>Builds the table over records that are all in memory, with all workers.</summary>
internal sealed unsafe class IndexBuilder
{
    private const int MaxAttempts = 8;

    private readonly byte* _records;
    private readonly RecordOrder _order;
    private readonly bool _keepLast;
    private readonly int _workers;
    private readonly LoadTuning _tuning;

    /// <summary>Creates a builder.</summary>
    /// <param name="records">Where offset 0 is.</param>
    /// <param name="order">Decides between records with the same key.</param>
    /// <param name="keepLast">Whether the last such record is kept, or the first.</param>
    /// <param name="workers">How many threads insert.</param>
    /// <param name="tuning">Seeds and bounds.</param>
    public IndexBuilder(byte* records, RecordOrder order, bool keepLast, int workers, LoadTuning tuning)
    {
        _records = records;
        _order = order;
        _keepLast = keepLast;
        _workers = workers;
        _tuning = tuning;
    }

    /// <summary>Builds the table; with another seed when a probe would become longer than the bound.</summary>
    /// <param name="runs">All records, in any order.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="OutOfMemoryException">The system does not grant the memory.</exception>
    public (SlotTable Table, KeyHash Hash, IndexTally Tally) Build(
        IReadOnlyList<RecordRun> runs,
        long count,
        CancellationToken cancellationToken)
    {
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            KeyHash hash = _tuning.Hash(attempt);
            SlotTable table = SlotTable.Allocate(count);
            try
            {
                IndexTally? tally = TryInsert(runs, table, hash, cancellationToken);
                if (tally is not null)
                {
                    return (table, hash, tally);
                }
            }
            catch
            {
                table.Dispose();
                throw;
            }

            table.Dispose();
        }

        throw new UnreachableException($"{MaxAttempts} random seeds gave a probe longer than {_tuning.MaxProbe} slots.");
    }

    private IndexTally? TryInsert(IReadOnlyList<RecordRun> runs, SlotTable table, KeyHash hash, CancellationToken cancellationToken)
    {
        var tallies = new IndexTally[_workers];
        int nextRun = -1;
        int tooLong = 0;
        WorkerThreads.Run(
            Math.Clamp(runs.Count, 1, _workers),
            (worker, stop) =>
            {
                var inserter = new Inserter(this, table, hash);
                tallies[worker] = inserter.Tally;
                for (int run = Interlocked.Increment(ref nextRun); run < runs.Count; run = Interlocked.Increment(ref nextRun))
                {
                    stop.ThrowIfCancellationRequested();
                    if (Volatile.Read(ref tooLong) != 0 || !inserter.TryInsert(runs[run]))
                    {
                        Volatile.Write(ref tooLong, 1);
                        return;
                    }
                }
            },
            cancellationToken);

        if (tooLong != 0)
        {
            return null;
        }

        var sum = new IndexTally();
        foreach (IndexTally? tally in tallies)
        {
            if (tally is not null)
            {
                sum.Add(tally, _order);
            }
        }

        return sum;
    }

    /// <summary>One worker's part of the insertion.</summary>
    private sealed class Inserter(IndexBuilder builder, SlotTable table, KeyHash hash)
    {
        private readonly byte* _records = builder._records;
        private readonly int _maxProbe = builder._tuning.MaxProbe;

        public IndexTally Tally { get; } = new();

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public bool TryInsert(RecordRun run)
        {
            var batch = new RecordBatch(_records, run, table, hash);
            while (batch.MoveNext())
            {
                for (int i = 0; i < batch.Length; i++)
                {
                    if (!TryInsert(batch.Offset(i), batch.Hash(i)))
                    {
                        return false;
                    }
                }
            }

            return true;
        }

        // Workers race for slots with compare-and-swap. A slot only ever goes from empty to a key, and from one record of a key
        // to another record of it, so a key is never in the table twice.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private bool TryInsert(long offset, ulong keyHash)
        {
            ulong* slot = SlotTable.Home(table.Slots, table.Homes, keyHash);
            ulong mine = SlotTable.Slot(keyHash, offset);
            for (int probe = 1; probe <= _maxProbe; probe++)
            {
                ulong seen = Volatile.Read(ref *slot);
                if (seen == 0)
                {
                    seen = Interlocked.CompareExchange(ref *slot, mine, 0);
                    if (seen == 0)
                    {
                        IndexTally tally = Tally;
                        tally.Keys++;
                        tally.ProbeSum += probe;
                        tally.LongestProbe = Math.Max(tally.LongestProbe, probe);
                        return true;
                    }
                }

                if (SlotTable.HasTag(seen, keyHash) && HaveSameKey(seen, offset))
                {
                    Contend(slot, seen, mine);
                    return true;
                }

                slot++;
            }

            return false;
        }

        private bool HaveSameKey(ulong slot, long offset)
        {
            (ulong low, ulong high) = Record.Key(_records + offset);
            return Record.HasKey(_records + SlotTable.Offset(slot), low, high);
        }

        /// <summary>Settles which of two or more records with one key keeps the slot, and counts the others.</summary>
        private void Contend(ulong* slot, ulong seen, ulong mine)
        {
            while (builder._order.IsLater(SlotTable.Offset(mine), SlotTable.Offset(seen)) == builder._keepLast)
            {
                ulong now = Interlocked.CompareExchange(ref *slot, mine, seen);
                if (now == seen)
                {
                    CountDuplicate(SlotTable.Offset(seen));
                    return;
                }

                seen = now;
            }

            CountDuplicate(SlotTable.Offset(mine));
        }

        private void CountDuplicate(long offset)
        {
            byte* record = _records + offset;
            (ulong low, ulong high) = Record.Key(record);
            byte* value = Record.Value(record, out int length);
            Tally.Duplicates++;
            Tally.DuplicateValueBytes += length;
            Tally.DuplicateHashSum += PairHash.Of(low, high, value, length);
            Tally.AddDuplicate(offset, builder._order);
        }
    }
}
