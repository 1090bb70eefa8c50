using System.Diagnostics;

namespace KvTcp.Store.Index;

/// <summary>Slides the records that the table points at together, over those that lost against another one with their key.</summary>
internal static unsafe class RecordCompaction
{
    // Short enough to share the insertion that follows among workers.
    private const long RunLength = 1 << 20;

    /// <summary>Moves the records. The table does not fit them any more afterwards.</summary>
    /// <param name="records">Where offset 0 is.</param>
    /// <param name="firstOffset">Where the first record goes.</param>
    /// <param name="runs">All records, with ascending offsets.</param>
    /// <param name="table">Points at the records to keep.</param>
    /// <param name="hash">The table's hash.</param>
    /// <param name="cancellationToken">Cancels; the records are lost then.</param>
    /// <returns>Where the records are now, ascending.</returns>
    public static List<RecordRun> Compact(
        byte* records,
        long firstOffset,
        IEnumerable<RecordRun> runs,
        SlotTable table,
        KeyHash hash,
        CancellationToken cancellationToken)
    {
        var compacted = new List<RecordRun>();
        long start = firstOffset;
        long end = firstOffset;
        foreach (RecordRun run in runs)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var batch = new RecordBatch(records, run, table, hash);
            while (batch.MoveNext())
            {
                for (int i = 0; i < batch.Length; i++)
                {
                    if (IsKept(table, batch.Hash(i), batch.Offset(i)))
                    {
                        end += Move(records + batch.Offset(i), records + end);
                    }
                }

                if (end - start >= RunLength)
                {
                    compacted.Add(new RecordRun(start, end));
                    start = end;
                }
            }
        }

        if (end > start)
        {
            compacted.Add(new RecordRun(start, end));
        }

        return compacted;
    }

    /// <summary>Whether a slot points at the record. Keys are not compared: some of them have been moved.</summary>
    private static bool IsKept(SlotTable table, ulong hash, long offset)
    {
        ulong mine = SlotTable.Slot(hash, offset);
        ulong* slot = SlotTable.Home(table.Slots, table.Homes, hash);
        while (*slot != 0 && *slot != mine)
        {
            slot++;
        }

        return *slot == mine;
    }

    private static long Move(byte* from, byte* to)
    {
        Debug.Assert(to <= from);
        long length = Record.Value(from, out int valueLength) - from + valueLength;
        Buffer.MemoryCopy(from, to, length, length);
        return length;
    }
}
