using System.Runtime.CompilerServices;

namespace KvTcp.Store.Index;

/// <summary>Walks records in batches, with the slots they belong to on their way to the cache.</summary>
/// <remarks>A record's slot is anywhere in the table: without asking early, every record would wait for the memory.</remarks>
internal unsafe ref struct RecordBatch
{
    public const int MaxLength = 32;

    // Where one record ends tells where the next begins, so the processor cannot look ahead by itself.
    private const int RecordsAhead = 1024;

    private readonly byte* _records;
    private readonly SlotTable _table;
    private readonly KeyHash _hash;
    private readonly long _end;
    private long _next;
    private Offsets _offsets;
    private Hashes _hashes;

    public RecordBatch(byte* records, RecordRun run, SlotTable table, KeyHash hash)
    {
        _records = records;
        _table = table;
        _hash = hash;
        _next = run.Start;
        _end = run.End;
    }

    /// <summary>How many records the batch has.</summary>
    public int Length { get; private set; }

    public readonly long Offset(int index) => _offsets[index];

    public readonly ulong Hash(int index) => _hashes[index];

    /// <summary>Goes to the next batch.</summary>
    /// <returns>False at the end of the run.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool MoveNext()
    {
        int length = 0;
        while (length < MaxLength && _next < _end)
        {
            byte* record = _records + _next;
            SlotTable.Prefetch(record + RecordsAhead);
            (ulong low, ulong high) = Record.Key(record);
            ulong hash = _hash.Of(low, high);
            SlotTable.Prefetch(SlotTable.Home(_table.Slots, _table.Homes, hash));
            _hashes[length] = hash;
            _offsets[length] = _next;
            _next = Record.Value(record, out int valueLength) - _records + valueLength;
            length++;
        }

        Length = length;
        return length > 0;
    }

    [InlineArray(MaxLength)]
    private struct Offsets
    {
        private long _first;
    }

    [InlineArray(MaxLength)]
    private struct Hashes
    {
        private ulong _first;
    }
}
