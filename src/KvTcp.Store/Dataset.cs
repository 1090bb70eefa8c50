namespace KvTcp.Store;

/// <summary>An immutable set of key/value pairs in native memory, outside the garbage collector's sight.</summary>
/// <remarks>
/// <para>
/// Every member may be called from any number of threads at once; lookups take no lock and allocate nothing.
/// </para>
/// <para>
/// <b>Lifetime.</b> Who loaded the dataset owns it and gives it up with <see cref="Dispose"/>. Everybody else holds a
/// <see cref="DatasetLease"/> while it looks up and while it uses the values. The memory is freed at once when the owner
/// disposes it and no lease is out, else when the last lease is released. There is no finalizer: a dataset that is dropped
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
    internal Dataset()
    {
    }

    /// <summary>How many pairs there are, that is, distinct keys.</summary>
    public long Count => throw new NotSupportedException();

    /// <summary>Identifies the pairs: see <see cref="DatasetId"/>.</summary>
    public DatasetId Id => throw new NotSupportedException();

    /// <summary>Sizes and probe lengths.</summary>
    public DatasetStatistics Statistics => throw new NotSupportedException();

    /// <summary>Looks up one key.</summary>
    /// <param name="key">Any UUID.</param>
    /// <param name="value">The value, in the dataset's own memory, or empty for a miss.</param>
    /// <returns>Whether the dataset has the key.</returns>
    /// <exception cref="ObjectDisposedException">The memory has been freed.</exception>
    public bool TryGetValue(Guid key, out ReadOnlySpan<byte> value) => throw new NotSupportedException();

    /// <summary>
    /// Looks up many keys at once, overlapping their cache misses: several times faster a key than <see cref="TryGetValue"/>
    /// when the dataset is larger than the processor's caches.
    /// </summary>
    /// <param name="keys">Any number of UUIDs; duplicates are fine.</param>
    /// <param name="results">Receives one result a key, in the same order; entries beyond the keys stay as they are.</param>
    /// <exception cref="ArgumentException"><paramref name="results"/> is shorter than <paramref name="keys"/>.</exception>
    /// <exception cref="ObjectDisposedException">The memory has been freed.</exception>
    public void Find(ReadOnlySpan<Guid> keys, Span<Lookup> results) => throw new NotSupportedException();

    /// <summary>Takes a lease, unless the owner has disposed the dataset.</summary>
    /// <param name="lease">The lease, to be released exactly once; <c>default</c> when there is none.</param>
    /// <returns><see langword="false"/> once <see cref="Dispose"/> has been called.</returns>
    public bool TryAcquire(out DatasetLease lease) => throw new NotSupportedException();

    /// <summary>
    /// Gives up the owner's reference: no more leases are given, and the memory is freed now or with the last lease. Further
    /// calls have no effect.
    /// </summary>
    public void Dispose() => throw new NotSupportedException();

    internal void Release(int stripe) => throw new NotSupportedException(stripe.ToString());
}
