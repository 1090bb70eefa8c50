using System.Numerics;

namespace KvTcp.Server.Engine;

/// <summary>
/// The answers of an engine that were asked for of late, in bounded memory, each for a bounded time; that a key is missing is one of them. Thread-safe.
/// </summary>
/// <remarks>docs/decisions/redis-front-door.md says why it is no library's. Each stripe has its share of the keys, by their hash, and a lock.</remarks>
internal sealed class ValueCache
{
    private const int MaxStripes = 64;

    /// <summary>The least share of memory that is worth a stripe.</summary>
    private const int LeastStripe = 1 << 20;

    private readonly CacheStripe[] _stripes;

    /// <summary>Makes an empty cache.</summary>
    /// <param name="size">The most memory that it may take, in bytes.</param>
    /// <param name="ttl">How long an answer is good; that a key is missing is good for half of that.</param>
    public ValueCache(long size, TimeSpan ttl)
    {
        int count = (int)BitOperations.RoundUpToPowerOf2((ulong)Math.Clamp(size / LeastStripe, 1, MaxStripes));
        _stripes = new CacheStripe[count];
        for (int i = 0; i < count; i++)
        {
            _stripes[i] = new CacheStripe(size / count, (long)ttl.TotalMilliseconds);
        }

        Size = size;
    }

    /// <summary>The most memory that it may take, in bytes.</summary>
    public long Size { get; }

    /// <summary>What it has done, and what it holds.</summary>
    public CacheFigures Figures
    {
        get
        {
            CacheFigures sum = default;
            foreach (CacheStripe stripe in _stripes)
            {
                sum += stripe.Figures;
            }

            return sum;
        }
    }

    /// <summary>Looks for the answer to a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value, which nobody may change; null when the key is missing.</param>
    /// <returns>Whether there is an answer that is still good.</returns>
    public bool TryGet(Guid key, out byte[]? value) => StripeOf(key).TryGet(key, out value);

    /// <summary>Keeps the answer to a key, if it is not too long for that.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value, which nobody may change afterwards; null when the key is missing.</param>
    /// <param name="asked">When the engine was asked, by <see cref="Environment.TickCount64"/>: an answer that was asked for later is not replaced.</param>
    public void Put(Guid key, byte[]? value, long asked) => StripeOf(key).Put(key, value, asked);

    private CacheStripe StripeOf(Guid key) => _stripes[(KeyHash.Of(key) >> 16) & (_stripes.Length - 1)];
}
