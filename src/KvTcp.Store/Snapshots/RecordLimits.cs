using System.Runtime.CompilerServices;
using KvTcp.Protocol;
using KvTcp.Store.Index;
using KvTcp.Store.Memory;

namespace KvTcp.Store;

/// <summary>What all records have in common that a reader's options may ask for.</summary>
/// <param name="LongestValue">The length of the longest value.</param>
/// <param name="AllKeysVersion4">Whether every key is a version 4 UUID.</param>
internal readonly record struct RecordLimits(int LongestValue, bool AllKeysVersion4)
{
    /// <summary>Looks at every record, with several threads.</summary>
    /// <param name="records">The records, not damaged.</param>
    /// <param name="workers">How many threads.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static RecordLimits Of(RecordArea records, int workers, CancellationToken cancellationToken)
    {
        var limits = new RecordLimits[workers];
        int next = -1;
        WorkerThreads.Run(
            workers,
            (worker, stop) =>
            {
                RecordLimits mine = new(0, AllKeysVersion4: true);
                for (int run = Interlocked.Increment(ref next); run < records.Runs.Count; run = Interlocked.Increment(ref next))
                {
                    stop.ThrowIfCancellationRequested();
                    mine = mine.And(Of(records, records.Runs[run]));
                }

                limits[worker] = mine;
            },
            cancellationToken);
        return limits.Aggregate(static (sum, next) => sum.And(next));
    }

    private RecordLimits And(RecordLimits other) =>
        new(Math.Max(LongestValue, other.LongestValue), AllKeysVersion4 && other.AllKeysVersion4);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe RecordLimits Of(RecordArea records, RecordRun run)
    {
        int longest = 0;
        bool version4 = true;
        byte* end = records.Start + run.End;
        for (byte* record = records.Start + run.Start; record < end;)
        {
            version4 = version4 && UuidText.IsVersion4(Unsafe.BitCast<(ulong, ulong), Guid>(Record.Key(record)));
            byte* value = Record.Value(record, out int length);
            longest = Math.Max(longest, length);
            record = value + length;
        }

        return new RecordLimits(longest, version4);
    }
}
