namespace KvTcp.Server.Metrics;

// Metwally, Agrawal, El Abbadi: Efficient Computation of Frequent and Top-k Elements in Data Streams, 2005 (Space-Saving).

/// <summary>The keys that are asked for most, out of a sample of all, in bounded memory. What was asked long ago fades. Thread-safe.</summary>
internal sealed class KeySamples
{
    /// <summary>How many keys are kept; a key that is more than this fraction of all is surely among them.</summary>
    private const int Capacity = 256;

    /// <summary>After so many samples all counts are halved.</summary>
    private const long Fade = 1 << 16;

    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, (long Count, long Error)> _keys = new(Capacity);
    private long _total;

    /// <summary>Takes note of a key.</summary>
    public void Add(Guid key)
    {
        lock (_lock)
        {
            if (++_total >= Fade)
            {
                HalveAll();
            }

            if (_keys.TryGetValue(key, out (long Count, long Error) entry))
            {
                _keys[key] = (entry.Count + 1, entry.Error);
            }
            else if (_keys.Count < Capacity)
            {
                _keys.Add(key, (1, 0));
            }
            else
            {
                // It may have been asked for as often as the least of those that are kept, and not more often.
                (Guid least, long count) = Least();
                _keys.Remove(least);
                _keys.Add(key, (count + 1, count));
            }
        }
    }

    /// <summary>The most frequent keys, with their share of the sample, the greatest first. A key that was met once is none of them.</summary>
    /// <param name="count">How many, at most.</param>
    public IReadOnlyList<(Guid Key, double Share)> Top(int count)
    {
        lock (_lock)
        {
            return
            [
                .. _keys.Where(static pair => pair.Value.Count - pair.Value.Error > 1)
                    .OrderByDescending(static pair => pair.Value.Count - pair.Value.Error)
                    .Take(count)
                    .Select(pair => (pair.Key, Math.Round((double)(pair.Value.Count - pair.Value.Error) / _total, 4))),
            ];
        }
    }

    /// <summary>The least frequent key. Without LINQ, since this is part of answering requests, which allocates nothing.</summary>
    private (Guid Key, long Count) Least()
    {
        (Guid Key, long Count) least = (default, long.MaxValue);
        foreach ((Guid key, (long count, _)) in _keys)
        {
            if (count < least.Count)
            {
                least = (key, count);
            }
        }

        return least;
    }

    private void HalveAll()
    {
        _total /= 2;
        foreach ((Guid key, (long count, long error)) in _keys.ToArray())
        {
            _keys[key] = (count / 2, error / 2);
        }
    }
}
