using System.Diagnostics.CodeAnalysis;
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
public sealed class Dataset : IDisposable
{
    private readonly LeaseCounter _leases = new();
    private readonly RecordArea _recordArea;
    private readonly SlotTable _table;

    // The default once the memory is freed.
    private RecordLookup _lookup;
    private volatile bool _isFreed;

    /// <summary>Takes over the memory of the records and the table.</summary>
    internal Dataset(RecordArea records, SlotTable table, KeyHash hash, long count, DatasetId id, DatasetStatistics statistics)
    {
        _recordArea = records;
        _table = table;
        _lookup = new RecordLookup(records, table, hash);
        Hash = hash;
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
    internal KeyHash Hash { get; }

    /// <summary>Looks up one key.</summary>
    /// <param name="key">Any UUID.</param>
    /// <param name="value">The value, in the dataset's own memory, or empty for a miss.</param>
    /// <returns>Whether the dataset has the key.</returns>
    /// <exception cref="ObjectDisposedException">The memory has been freed.</exception>
    public bool TryGetValue(Guid key, out ReadOnlySpan<byte> value)
    {
        ThrowIfFreed();
        Lookup result = _lookup.Find(key);
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

        ThrowIfFreed();
        for (int done = 0; done < keys.Length; done += RecordLookup.BatchLength)
        {
            int length = Math.Min(RecordLookup.BatchLength, keys.Length - done);
            _lookup.Find(keys.Slice(done, length), results.Slice(done, length));
        }
    }

    /// <summary>The greatest position that <see cref="Scan"/> leaves.</summary>
    public long ScanEnd => _table.Length;

    /// <summary>Identifies the order of <see cref="Scan"/>: positions of one dataset mean the same in another one with an equal number.</summary>
    /// <remarks>Equal pairs do not make an equal order: each load of a data file chooses one at random. A snapshot keeps its order.</remarks>
    public ulong ScanOrder => Hash.Of((ulong)_table.Length, (ulong)Count);

    /// <summary>Picks a key, any about as likely as any other.</summary>
    /// <param name="random">Where chance comes from.</param>
    /// <param name="key">The key.</param>
    /// <returns>Whether there is one.</returns>
    /// <exception cref="ObjectDisposedException">The memory has been freed.</exception>
    public bool TryPickKey(Random random, out Guid key)
    {
        ArgumentNullException.ThrowIfNull(random);
        Span<Pair> pairs = new Pair[1];
        long position = random.NextInt64(_table.Homes);
        int count = Scan(ref position, pairs);
        if (count == 0)
        {
            // Behind the last key: the first one, then.
            position = 0;
            count = Scan(ref position, pairs);
        }

        key = pairs[0].Key;
        return count > 0;
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

        ThrowIfFreed();
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

    private void ThrowIfFreed()
    {
        if (_lookup.IsDefault)
        {
            ThrowDisposed();
        }
    }

    private void Free()
    {
        _lookup = default;
        _table.Dispose();
        _recordArea.Dispose();
    }

    [DoesNotReturn]
    private static void ThrowDisposed() => throw new ObjectDisposedException(nameof(Dataset));

    [DoesNotReturn]
    private static void ThrowTooShort(string parameter) =>
        throw new ArgumentException("There is no room for the results.", parameter);
}
