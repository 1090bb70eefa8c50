using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using KvTcp.Store.Index;
using KvTcp.Store.Memory;

namespace KvTcp.Store;

/// <summary>An immutable set of key/value pairs in native memory, outside the garbage collector's sight.</summary>
/// <remarks>
/// <para>
/// Every member may be called from any number of threads at once; lookups take no lock and allocate nothing.
/// </para>
/// <para>
/// <b>Lifetime.</b> Who loaded the dataset owns it and gives it up with <see cref="Dispose"/>. Everybody else holds a
/// <see cref="DatasetLease"/> while it looks up and while it uses the values. The memory is freed at once when the owner
/// disposes it and no lease is out, else soon after the last lease is released, on a thread of the pool: giving gigabytes back takes
/// longer than who releases a lease may want to wait. There is no finalizer: a dataset that is dropped
/// without <see cref="Dispose"/> keeps its memory until the process ends.
/// </para>
/// <para>
/// With a lease, lookups always work and values stay valid until its release. Without one, a lookup on memory already freed
/// throws <see cref="ObjectDisposedException"/>; a lookup that races with the freeing has no defined result. So a caller
/// without a lease must be sure by other means that nobody disposes the dataset meanwhile (a test or a command that owns it).
/// </para>
/// </remarks>
public sealed unsafe class Dataset : IDisposable
{
    /// <summary>How many lookups <see cref="Find"/> overlaps; enough to hide the memory's latency, few enough to stay in L1.</summary>
    internal const int BatchLength = 32;

    private const int LikelyRecordEnd = 56;

    private readonly LeaseCounter _leases = new();
    private readonly RecordArea _recordArea;
    private readonly SlotTable _table;
    private readonly KeyHash _hash;
    private readonly long _homes;
    private readonly long _recordsEnd;
    private readonly bool _isForeign;

    // Both null once the memory is freed.
    private byte* _records;
    private ulong* _slots;
    private volatile bool _isFreed;

    /// <summary>Takes over the memory of the records and the table.</summary>
    internal Dataset(RecordArea records, SlotTable table, KeyHash hash, long count, DatasetId id, DatasetStatistics statistics)
    {
        _recordArea = records;
        _table = table;
        _hash = hash;
        _homes = table.Homes;
        _recordsEnd = records.End;
        _isForeign = records.IsForeign;
        _records = records.Start;
        _slots = table.Slots;
        Count = count;
        Id = id;
        Statistics = statistics;
    }

    /// <summary>How many pairs there are, that is, distinct keys.</summary>
    public long Count { get; }

    /// <summary>Identifies the pairs: see <see cref="DatasetId"/>.</summary>
    public DatasetId Id { get; }

    /// <summary>Sizes and probe lengths.</summary>
    public DatasetStatistics Statistics { get; }

    /// <summary>Whether the memory has been given back to the system.</summary>
    public bool IsFreed => _isFreed;

    /// <summary>The memory of the records and that of the table.</summary>
    internal (RecordArea Records, SlotTable Table) Parts => (_recordArea, _table);

    /// <summary>The hash of the index.</summary>
    internal KeyHash Hash => _hash;

    /// <summary>Looks up one key.</summary>
    /// <param name="key">Any UUID.</param>
    /// <param name="value">The value, in the dataset's own memory, or empty for a miss.</param>
    /// <returns>Whether the dataset has the key.</returns>
    /// <exception cref="ObjectDisposedException">The memory has been freed.</exception>
    public bool TryGetValue(Guid key, out ReadOnlySpan<byte> value)
    {
        ulong* slots = Slots();
        (ulong low, ulong high) = Unsafe.BitCast<Guid, (ulong, ulong)>(key);
        ulong hash = _hash.Of(low, high);
        ulong* candidate = SlotTable.Candidate(SlotTable.Home(slots, _homes, hash), hash);
        Lookup result = _isForeign
            ? Resolve<Foreign>(_records, _recordsEnd, candidate, hash, low, high)
            : Resolve<Own>(_records, _recordsEnd, candidate, hash, low, high);
        value = result.Value;
        return result.IsHit;
    }

    /// <summary>
    /// Looks up many keys at once, overlapping their cache misses: several times faster a key than <see cref="TryGetValue"/>
    /// when the dataset is larger than the processor's caches.
    /// </summary>
    /// <param name="keys">Any number of UUIDs; duplicates are fine.</param>
    /// <param name="results">Receives one result a key, in the same order; entries beyond the keys stay as they are.</param>
    /// <exception cref="ArgumentException"><paramref name="results"/> is shorter than <paramref name="keys"/>.</exception>
    /// <exception cref="ObjectDisposedException">The memory has been freed.</exception>
    public void Find(ReadOnlySpan<Guid> keys, Span<Lookup> results)
    {
        if (results.Length < keys.Length)
        {
            ThrowTooShort(nameof(results));
        }

        ulong* slots = Slots();
        for (int done = 0; done < keys.Length; done += BatchLength)
        {
            int length = Math.Min(BatchLength, keys.Length - done);
            if (_isForeign)
            {
                FindBatch<Foreign>(slots, keys.Slice(done, length), results.Slice(done, length));
            }
            else
            {
                FindBatch<Own>(slots, keys.Slice(done, length), results.Slice(done, length));
            }
        }
    }

    /// <summary>Reads some pairs, in the order of the index, which is random; repeated, each pair once.</summary>
    /// <param name="position">Where to go on: 0 at first, then what the last call left. Only this dataset knows what it means.</param>
    /// <param name="pairs">Receives the pairs; at least one.</param>
    /// <returns>How many there are; fewer than <paramref name="pairs"/> holds only at the end, then 0.</returns>
    /// <exception cref="ArgumentException"><paramref name="pairs"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="position"/> is negative.</exception>
    /// <exception cref="ObjectDisposedException">The memory has been freed.</exception>
    public int Scan(ref long position, Span<Pair> pairs)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        if (pairs.IsEmpty)
        {
            ThrowTooShort(nameof(pairs));
        }

        _ = Slots();
        return SlotScan.Read(_table, _recordArea, ref position, pairs);
    }

    /// <summary>Takes a lease, unless the owner has disposed the dataset.</summary>
    /// <param name="lease">The lease, to be released exactly once; <c>default</c> when there is none.</param>
    /// <returns><see langword="false"/> once <see cref="Dispose"/> has been called.</returns>
    public bool TryAcquire(out DatasetLease lease)
    {
        if (_leases.TryAcquire(out int stripe, out bool drained))
        {
            lease = new DatasetLease(this, stripe);
            return true;
        }

        if (drained)
        {
            FreeSoon();
        }

        lease = default;
        return false;
    }

    /// <summary>
    /// Gives up the owner's reference: no more leases are given, and the memory is freed now or with the last lease. Further
    /// calls have no effect.
    /// </summary>
    public void Dispose()
    {
        if (_leases.Retire())
        {
            FreeNow();
        }
    }

    internal void Release(int stripe)
    {
        if (_leases.Release(stripe))
        {
            FreeSoon();
        }
    }

    private void FreeSoon() => ThreadPool.UnsafeQueueUserWorkItem(static dataset => dataset.FreeNow(), this, preferLocal: false);

    private void FreeNow()
    {
        Free();
        _isFreed = true;
    }

    /// <summary>
    /// Three passes over the batch, so that the cache misses of one pass run side by side: ask for the slots; look at them
    /// and ask for the records; look at those.
    /// </summary>
    /// <typeparam name="TRecords"><see cref="Own"/> or <see cref="Foreign"/>.</typeparam>
    [SkipLocalsInit]
    private void FindBatch<TRecords>(ulong* slots, ReadOnlySpan<Guid> keys, Span<Lookup> results)
        where TRecords : struct
    {
        ulong* hashes = stackalloc ulong[BatchLength];
        ulong** candidates = stackalloc ulong*[BatchLength];
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
                return typeof(TRecords) == typeof(Own) || length <= records + recordsEnd - value
                    ? new Lookup(value, length)
                    : Lookup.Miss;
            }

            candidate = SlotTable.Candidate(candidate + 1, hash);
        }

        return Lookup.Miss;
    }

    private ulong* Slots()
    {
        ulong* slots = _slots;
        if (slots == null)
        {
            ThrowDisposed();
        }

        return slots;
    }

    private void Free()
    {
        _slots = null;
        _records = null;
        _table.Dispose();
        _recordArea.Dispose();
    }

    /// <summary>Records that this process has made.</summary>
    private readonly struct Own;

    /// <summary>Records of a snapshot.</summary>
    private readonly struct Foreign;

    [DoesNotReturn]
    private static void ThrowDisposed() => throw new ObjectDisposedException(nameof(Dataset));

    [DoesNotReturn]
    private static void ThrowTooShort(string parameter) =>
        throw new ArgumentException("There is no room for the results.", parameter);
}
