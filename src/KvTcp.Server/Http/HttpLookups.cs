using System.Diagnostics.CodeAnalysis;
using KvTcp.Protocol;
using KvTcp.Server.Metrics;
using KvTcp.Store;

namespace KvTcp.Server.Http;

/// <summary>The one way by which every route gets at values. Thread-safe.</summary>
/// <param name="datasets">Where to look up.</param>
/// <param name="requireVersion4">Whether only UUIDs of version 4 are keys.</param>
/// <param name="counters">Where hits, misses and malformed keys are counted.</param>
/// <param name="samples">Where some keys are noted.</param>
internal sealed class HttpLookups(DatasetHolder datasets, bool requireVersion4, HttpCounters counters, RequestSamples samples)
{
    /// <summary>What a key is, for people.</summary>
    public string KeyRule => requireVersion4
        ? "a key is a UUID of version 4, 8-4-4-4-12 hexadecimal digits"
        : "a key is a UUID, 8-4-4-4-12 hexadecimal digits";

    /// <summary>Reads a key; a malformed one is counted.</summary>
    public bool TryParse([NotNullWhen(true)] string? text, out Guid key)
    {
        Span<byte> ascii = stackalloc byte[UuidText.Length];
        key = default;
        bool isKey = text?.Length == UuidText.Length
            && System.Text.Ascii.FromUtf16(text, ascii, out _) == System.Buffers.OperationStatus.Done
            && RequestParser.TryParseKey(ascii, requireVersion4, out key);
        counters.KeyErrors.Add(isKey ? 0 : 1);
        return isKey;
    }

    /// <summary>Takes a lease on the current dataset.</summary>
    /// <param name="held">The dataset, to be released once.</param>
    /// <returns>False when nothing is loaded.</returns>
    public bool TryHold(out HeldDataset held)
    {
        bool isLoaded = datasets.TryAcquire(out ServedDataset? served, out DatasetLease lease);
        held = isLoaded ? new HeldDataset(datasets, served!, lease) : default;
        return isLoaded;
    }

    /// <summary>Looks keys up.</summary>
    /// <param name="held">Where.</param>
    /// <param name="keys">The keys.</param>
    /// <param name="results">Receives a result for each, valid as long as the dataset is held.</param>
    public void Find(in HeldDataset held, ReadOnlySpan<Guid> keys, Span<Lookup> results)
    {
        held.Dataset.Find(keys, results);
        int hits = 0;
        foreach (ref readonly Lookup result in results.Slice(0, keys.Length))
        {
            hits += result.IsHit ? 1 : 0;
        }

        if (RequestSamples.IsBatchDue())
        {
            int picked = Random.Shared.Next(keys.Length);
            samples.Add(keys[picked], results[picked].IsHit);
        }

        counters.KeyHits.Add(hits);
        counters.KeyMisses.Add(keys.Length - hits);
    }
}
