using System.Runtime.CompilerServices;
using KvTcp.Store.Memory;

namespace KvTcp.Store.Index;

/// <summary>Reads the pairs of a table slot by slot, with the records on their way to the cache.</summary>
internal static unsafe class SlotScan
{
    // Records lie anywhere; as many slots ahead one is asked for.
    private const int SlotsAhead = 16;

    /// <summary>Reads pairs; see <see cref="Dataset.Scan"/>. Slots that lead out of the records are left out.</summary>
    public static int Read(SlotTable table, RecordArea records, ref long position, Span<Pair> pairs)
    {
        ulong* slots = table.Slots;
        byte* start = records.Start;
        long end = records.End;
        long next = position;
        int count = 0;
        for (; next < table.Length && count < pairs.Length; next++)
        {
            SlotTable.Prefetch(start + SlotTable.Offset(slots[Math.Min(next + SlotsAhead, table.Length - 1)]));
            long offset = SlotTable.Offset(slots[next]);
            if (slots[next] == 0 || offset >= end)
            {
                continue;
            }

            byte* value = Record.Value(start + offset, out int length);
            if (length <= start + end - value)
            {
                pairs[count++] = new Pair(Unsafe.BitCast<(ulong, ulong), Guid>(Record.Key(start + offset)), value, length);
            }
        }

        position = next;
        return count;
    }
}
