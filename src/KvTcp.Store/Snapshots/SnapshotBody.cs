using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KvTcp.Store.Index;
using KvTcp.Store.Memory;

namespace KvTcp.Store;

/// <summary>
/// What a snapshot of a dataset holds between header and checksums, block by block: the slots, and the records without the gaps that
/// they have in memory, so that slots get other offsets. Thread-safe.
/// </summary>
internal sealed unsafe class SnapshotBody
{
    private const int UnitBits = 16;

    private readonly SnapshotHeader _header;
    private readonly SlotTable _table;
    private readonly byte* _records;

    // For each run of records where it starts in memory and in the file; the last entry is the end.
    private readonly long[] _memoryStarts;
    private readonly long[] _fileStarts;

    // For each 64 KiB of memory the run that its first byte lies in, or comes after: there is a slot for each record to look this up.
    private readonly int[] _runOfUnit;

    public SnapshotBody(SnapshotHeader header, SlotTable table, RecordArea records)
    {
        _header = header;
        _table = table;
        _records = records.Start;
        _memoryStarts = [.. records.Runs.Select(static run => run.Start), records.End];
        _fileStarts = new long[_memoryStarts.Length];
        long next = RecordArena.FirstOffset;
        for (int i = 0; i < records.Runs.Count; i++)
        {
            _fileStarts[i] = next;
            next += records.Runs[i].End - records.Runs[i].Start;
        }

        _fileStarts[^1] = next;
        _runOfUnit = [.. Enumerable.Range(0, (int)(records.End >> UnitBits) + 1)
            .Select(unit => Math.Max(0, RunOf(_memoryStarts, (long)unit << UnitBits)))];
    }

    /// <summary>Writes a part of the body.</summary>
    /// <param name="position">Where in the file it begins; a multiple of 8.</param>
    /// <param name="bytes">Receives it.</param>
    public void Fill(long position, Span<byte> bytes)
    {
        bytes.Clear();
        long end = position + bytes.Length;
        long slotsEnd = SnapshotHeader.SlotsStart + _header.SlotBytes;
        if (position < slotsEnd)
        {
            long first = (position - SnapshotHeader.SlotsStart) / sizeof(ulong);
            int length = (int)(Math.Min(slotsEnd, end) - position);
            FillSlots(first, MemoryMarshal.Cast<byte, ulong>(bytes[..length]));
        }

        long recordsStart = Math.Max(position, _header.RecordsStart);
        if (recordsStart < end)
        {
            FillRecords(recordsStart - _header.RecordsStart, bytes[(int)(recordsStart - position)..]);
        }
    }

    // A build is over before the runtime would compile its loops a second time, so they are optimised at once.

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FillSlots(long first, Span<ulong> slots)
    {
        ulong* source = _table.Slots + first;
        if (_memoryStarts.Length == 2 && _memoryStarts[0] == _fileStarts[0])
        {
            new ReadOnlySpan<ulong>(source, slots.Length).CopyTo(slots);
            return;
        }

        for (int i = 0; i < slots.Length; i++)
        {
            if (source[i] != 0)
            {
                long offset = SlotTable.Offset(source[i]);
                int run = _runOfUnit[offset >> UnitBits];
                while (offset >= _memoryStarts[run + 1])
                {
                    run++;
                }

                // An offset only gets smaller, and the tag above it stays as it is.
                slots[i] = source[i] - (ulong)(_memoryStarts[run] - _fileStarts[run]);
            }
        }
    }

    private void FillRecords(long offset, Span<byte> bytes)
    {
        if (offset < RecordArena.FirstOffset)
        {
            int lead = (int)Math.Min(RecordArena.FirstOffset - offset, bytes.Length);
            offset += lead;
            bytes = bytes[lead..];
        }

        for (int run = RunOf(_fileStarts, offset); run < _fileStarts.Length - 1 && !bytes.IsEmpty; run++)
        {
            int length = (int)Math.Min(_fileStarts[run + 1] - offset, bytes.Length);
            new ReadOnlySpan<byte>(_records + _memoryStarts[run] + (offset - _fileStarts[run]), length).CopyTo(bytes);
            offset += length;
            bytes = bytes[length..];
        }
    }

    private static int RunOf(long[] starts, long offset)
    {
        int index = Array.BinarySearch(starts, offset);
        return index >= 0 ? index : ~index - 1;
    }
}
