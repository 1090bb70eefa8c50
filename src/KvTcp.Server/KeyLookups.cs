using KvTcp.Protocol;
using KvTcp.Store;

namespace KvTcp.Server;

/// <summary>
/// A connection's access to the dataset: which keys it accepts, the batch of keys that it gathers, and the lease that keeps the
/// dataset in memory while their values are being written. One thread at a time.
/// </summary>
internal sealed class KeyLookups : IDisposable
{
    private readonly ServedDataset _served;
    private readonly ConnectionCounters _counters;
    private LookupBatch? _batch;
    private DatasetLease? _lease;

    /// <summary>Makes the lookups of a new connection.</summary>
    /// <param name="requireVersion4">Whether only UUIDs of version 4 are keys.</param>
    /// <param name="served">Where to look up.</param>
    /// <param name="counters">Where hits, misses and malformed keys are counted.</param>
    public KeyLookups(bool requireVersion4, ServedDataset served, ConnectionCounters counters)
    {
        RequireVersion4 = requireVersion4;
        _served = served;
        _counters = counters;
    }

    /// <summary>Whether only UUIDs of version 4 are keys.</summary>
    public bool RequireVersion4 { get; }

    /// <summary>The keys being looked up and the replies not yet written; empty after <see cref="Release"/>.</summary>
    public LookupBatch Batch => _batch ??= LookupBatch.Rent();

    /// <summary>Parses an argument as a key.</summary>
    public bool TryParse(ReadOnlySpan<byte> argument, out Guid key) => RequestParser.TryParseKey(argument, RequireVersion4, out key);

    /// <summary>Looks up the keys of the batch.</summary>
    /// <returns>How many were hits.</returns>
    public int Resolve()
    {
        if (_lease is null)
        {
            ObjectDisposedException.ThrowIf(!_served.Dataset.TryAcquire(out DatasetLease lease), _served.Dataset);
            _lease = lease;
        }

        LookupBatch batch = Batch;
        int hits = batch.Resolve(_lease.Value.Dataset);
        _counters.KeyHits += hits;
        _counters.KeyMisses += batch.Count - hits;
        return hits;
    }

    /// <summary>Answers a malformed key.</summary>
    public void WriteBadKey(ref ReplyWriter writer)
    {
        _counters.KeyErrors++;
        writer.WriteError(ErrorCode.BadKey, RequireVersion4 ? ErrorText.BadKeyVersion4 : ErrorText.BadKey);
    }

    /// <summary>Lets go of the batch and of the dataset; they are taken again when needed.</summary>
    public void Release()
    {
        if (_batch is not null)
        {
            LookupBatch.Return(_batch);
            _batch = null;
        }

        _lease?.Dispose();
        _lease = null;
    }

    /// <inheritdoc/>
    public void Dispose() => Release();
}
