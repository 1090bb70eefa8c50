using System.Diagnostics;
using System.Runtime.CompilerServices;
using KvTcp.Store.Memory;

namespace KvTcp.Store.Index;

/// <summary>
/// Finds records by their keys: a view of a table and its records, in memory that somebody else keeps. It checks nothing that costs time; whoever
/// calls it knows that the memory is there. Immutable, and thread-safe.
/// </summary>
internal readonly unsafe struct RecordLookup
{
    /// <summary>How many lookups are overlapped; enough to hide the memory's latency, few enough to stay in L1.</summary>
    public const int BatchLength = 32;

    private const int LikelyRecordEnd = 56;

    private readonly byte* _records;
    private readonly ulong* _slots;
    private readonly long _recordsEnd;
    private readonly long _homes;
    private readonly KeyHash _hash;
    private readonly bool _isForeign;

    /// <summary>A view of records and of the table that points at them.</summary>
    public RecordLookup(RecordArea records, SlotTable table, KeyHash hash)
    {
        _records = records.Start;
        _slots = table.Slots;
        _recordsEnd = records.End;
        _homes = table.Homes;
        _hash = hash;
        _isForeign = records.IsForeign;
    }

    /// <summary>Whether it views nothing, and must not be asked.</summary>
    public bool IsDefault => _slots == null;

    /// <summary>Looks up one key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Lookup Find(Guid key)
    {
        (ulong low, ulong high) = Unsafe.BitCast<Guid, (ulong, ulong)>(key);
        ulong hash = _hash.Of(low, high);
        ulong* candidate = SlotTable.Candidate(SlotTable.Home(_slots, _homes, hash), hash);
        return _isForeign
            ? Resolve<Foreign>(_records, _recordsEnd, candidate, hash, low, high)
            : Resolve<Own>(_records, _recordsEnd, candidate, hash, low, high);
    }

    /// <summary>Looks up several keys, overlapping their cache misses.</summary>
    /// <param name="keys">The keys, at most <see cref="BatchLength"/>.</param>
    /// <param name="results">Receives a result for each.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Find(ReadOnlySpan<Guid> keys, Span<Lookup> results)
    {
        if (_isForeign)
        {
            Find<Foreign>(keys, results);
        }
        else
        {
            Find<Own>(keys, results);
        }
    }

    /// <summary>
    /// Three passes over the batch, so that the cache misses of one pass run side by side: ask for the slots; look at them
    /// and ask for the records; look at those.
    /// </summary>
    /// <typeparam name="TRecords"><see cref="Own"/> or <see cref="Foreign"/>.</typeparam>
    [SkipLocalsInit]
    private void Find<TRecords>(ReadOnlySpan<Guid> keys, Span<Lookup> results)
        where TRecords : struct
    {
        Debug.Assert(keys.Length <= BatchLength && results.Length >= keys.Length);
        ulong* hashes = stackalloc ulong[BatchLength];
        ulong** candidates = stackalloc ulong*[BatchLength];
        ulong* slots = _slots;
        byte* records = _records;
        long recordsEnd = _recordsEnd;
        KeyHash keyHash = _hash;
        long homes = _homes;
        for (int i = 0; i < keys.Length; i++)
        {
            (ulong low, ulong high) = Unsafe.BitCast<Guid, (ulong, ulong)>(keys[i]);
            ulong hash = keyHash.Of(low, high);
            ulong* home = SlotTable.Home(slots, homes, hash);
            SlotTable.Prefetch(home);
            hashes[i] = hash;
            candidates[i] = home;
        }

        for (int i = 0; i < keys.Length; i++)
        {
            ulong* candidate = SlotTable.Candidate(candidates[i], hashes[i]);
            candidates[i] = candidate;
            if (*candidate != 0)
            {
                // A record of a common size lies in two lines unless it starts early in the first.
                byte* record = records + SlotTable.Offset(*candidate);
                SlotTable.Prefetch(record);
                SlotTable.Prefetch(record + LikelyRecordEnd);
            }
        }

        for (int i = 0; i < keys.Length; i++)
        {
            (ulong low, ulong high) = Unsafe.BitCast<Guid, (ulong, ulong)>(keys[i]);
            results[i] = Resolve<TRecords>(records, recordsEnd, candidates[i], hashes[i], low, high);
        }
    }

    /// <summary>Compares the key with the candidate's, and goes on to the next candidates while they are others' keys.</summary>
    /// <remarks>
    /// Slots and lengths of a snapshot may be damaged: they must not lead out of the records. Behind the end as much is readable as a
    /// key and a length may take. The compiler makes code of its own for each kind, so records of our own are not compared.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Lookup Resolve<TRecords>(byte* records, long recordsEnd, ulong* candidate, ulong hash, ulong low, ulong high)
        where TRecords : struct
    {
        while (*candidate != 0)
        {
            long offset = SlotTable.Offset(*candidate);
            byte* record = records + offset;
            if ((typeof(TRecords) == typeof(Own) || offset < recordsEnd) && Record.HasKey(record, low, high))
            {
                byte* value = Record.Value(record, out int length);
                return typeof(TRecords) == typeof(Own) || (length <= records + recordsEnd - value && IsLine(value, length))
                    ? new Lookup(value, length)
                    : Lookup.Miss;
            }

            candidate = SlotTable.Candidate(candidate + 1, hash);
        }

        return Lookup.Miss;
    }

    /// <summary>Whether bytes can be a value: with a line feed in it, one would shift all later replies of a connection.</summary>
    private static bool IsLine(byte* value, int length) => !new ReadOnlySpan<byte>(value, length).Contains((byte)'\n');

    /// <summary>Records that this process has made.</summary>
    private readonly struct Own;

    /// <summary>Records of a snapshot.</summary>
    private readonly struct Foreign;
}
