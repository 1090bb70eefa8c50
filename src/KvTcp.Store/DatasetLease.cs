namespace KvTcp.Store;

/// <summary>Keeps the memory of a <see cref="Store.Dataset"/> valid until it is disposed.</summary>
/// <remarks>
/// <para>
/// A small struct over a reference count: acquiring and releasing cost one interlocked operation each, on a cache line
/// that other processors rarely touch. It may be kept in a field, across awaits, and be released on another thread.
/// </para>
/// <para>
/// Each lease that <see cref="Dataset.TryAcquire"/> gave must be released exactly once: a copy of the struct is the same
/// lease. Releasing twice breaks the guarantee for everybody else; it is detected only when the count falls below zero.
/// </para>
/// </remarks>
public readonly struct DatasetLease : IDisposable
{
    private readonly Dataset? _dataset;
    private readonly int _stripe;

    internal DatasetLease(Dataset dataset, int stripe)
    {
        _dataset = dataset;
        _stripe = stripe;
    }

    /// <summary>The dataset that is held.</summary>
    /// <exception cref="InvalidOperationException">This is <c>default</c>, and holds nothing.</exception>
    public Dataset Dataset => _dataset ?? throw new InvalidOperationException("The lease holds no dataset.");

    /// <summary>Releases the dataset; after the last release, when the owner has given it up too, its memory is freed. No effect on <c>default</c>.</summary>
    public void Dispose() => _dataset?.Release(_stripe);
}
