using System.Diagnostics.CodeAnalysis;
using KvTcp.Protocol;
using KvTcp.Server.Engine;
using KvTcp.Server.Metrics;
using KvTcp.Store;

namespace KvTcp.Server.Http;

/// <summary>The one way by which every route gets at values. Thread-safe.</summary>
/// <param name="datasets">Where to look up.</param>
/// <param name="requireVersion4">Whether only UUIDs of version 4 are keys.</param>
/// <param name="counters">Where hits, misses and malformed keys are counted.</param>
/// <param name="samples">Where some keys are noted.</param>
/// <param name="engine">What answers instead of a dataset, if anything.</param>
internal sealed class HttpLookups(
    DatasetHolder datasets, bool requireVersion4, HttpCounters counters, RequestSamples samples, RedisEngine? engine)
{
    /// <summary>How many keys to look up at once at first: no limit, but an engine may have values so long that not all are kept.</summary>
    public int FirstKeys { get; } = engine is null ? int.MaxValue : EngineRequests.FirstKeys;

    /// <summary>Whether an engine answers instead of a dataset.</summary>
    public bool HasEngine => engine is not null;

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
    /// <returns>False when nothing is loaded. Where an engine answers there is nothing to hold, and this always succeeds.</returns>
    public bool TryHold(out HeldDataset held)
    {
        if (engine is not null)
        {
            held = default;
            return true;
        }

        bool isLoaded = datasets.TryAcquire(out ServedDataset? served, out DatasetLease lease);
        held = isLoaded ? new HeldDataset(datasets, served!, lease) : default;
        return isLoaded;
    }

    /// <summary>Looks keys up.</summary>
    /// <param name="held">Where, unless an engine answers.</param>
    /// <param name="keys">The keys, at most <see cref="HttpOptions.MaxBatch"/>.</param>
    /// <returns>What was found for each of the first keys, at least one: an engine may answer with a part, when values are long. Valid as long as the dataset is held.</returns>
    public async ValueTask<FoundValue[]> FindAsync(HeldDataset held, ReadOnlyMemory<Guid> keys)
    {
        FoundValue[] found = engine is null ? Find(held, keys.Span) : await AskAsync(engine, keys);
        int hits = found.Count(static value => value.IsHit);
        int failures = found.Count(static value => value.Failure is not null);
        if (RequestSamples.IsBatchDue())
        {
            int picked = Random.Shared.Next(found.Length);
            samples.Add(keys.Span[picked], found[picked].IsHit);
        }

        counters.KeyHits.Add(hits);
        counters.KeyFailures.Add(failures);
        counters.KeyMisses.Add(found.Length - hits - failures);
        return found;
    }

    private static FoundValue[] Find(in HeldDataset held, ReadOnlySpan<Guid> keys)
    {
        Lookup[] results = new Lookup[keys.Length];
        held.Dataset.Find(keys, results);
        return Array.ConvertAll(results, static result => new FoundValue(result));
    }

    private static async Task<FoundValue[]> AskAsync(RedisEngine engine, ReadOnlyMemory<Guid> keys)
    {
        EngineRequests requests = engine.RentRequests();
        bool isSettled = !requests.Start(keys.Span) || await requests.AskAsync();
        FoundValue[] found = Array.ConvertAll(requests.CopyAnswers(new object[keys.Length]).ToArray(), static answer => new FoundValue(answer));
        if (isSettled)
        {
            engine.Return(requests);
        }

        return found;
    }
}
