using System.Diagnostics;
using System.Numerics;

namespace KvTcp.LoadGen;

/// <summary>
/// Counts latencies in buckets whose width is a fixed share of their value, so that a percentile is at most 1/128 above the true one
/// whatever the range. Not thread-safe: each thread fills its own, and they are added up at the end.
/// </summary>
/// <remarks>
/// The unit is the tick of <see cref="TimeSpan"/>, 100 ns. Up to 255 ticks each value has its own bucket; from there on each power of
/// two is cut into 128 buckets.
/// </remarks>
internal sealed class LatencyHistogram
{
    private const int PrecisionBits = 7;
    private const int NanosecondsPerTick = (int)TimeSpan.NanosecondsPerTick;

    /// <summary>More than five days; what is longer counts in the last bucket, and in <see cref="Max"/> as it is.</summary>
    private const long LargestTicks = (1L << 42) - 1;

    private readonly long[] _counts = new long[Bucket(LargestTicks) + 1];
    private long _maxTicks;
    private double _sumTicks;

    /// <summary>How many latencies it holds.</summary>
    public long Count { get; private set; }

    /// <summary>The longest latency recorded, exactly; zero when there is none.</summary>
    public TimeSpan Max => new(_maxTicks);

    /// <summary>The mean.</summary>
    public TimeSpan Mean => Count == 0 ? TimeSpan.Zero : new TimeSpan((long)(_sumTicks / Count));

    /// <summary>Adds a latency.</summary>
    /// <param name="latency">From 0; negative counts as 0.</param>
    public void Record(TimeSpan latency) => RecordTicks(latency.Ticks);

    /// <summary>Adds a latency.</summary>
    /// <param name="nanoseconds">From 0; negative counts as 0. Rounded down to 100 ns.</param>
    public void RecordNanoseconds(long nanoseconds) => RecordTicks(nanoseconds / NanosecondsPerTick);

    /// <summary>Adds all of another.</summary>
    /// <param name="other">The other, which stays as it is.</param>
    public void Add(LatencyHistogram other)
    {
        for (int i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        Count += other.Count;
        _sumTicks += other._sumTicks;
        _maxTicks = Math.Max(_maxTicks, other._maxTicks);
    }

    /// <summary>The latency that a share of all do not exceed.</summary>
    /// <param name="share">0 to 1.</param>
    /// <returns>At most 1/128 above it; zero when there are none.</returns>
    public TimeSpan Percentile(double share)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);
        if (Count == 0)
        {
            return TimeSpan.Zero;
        }

        // The rank by the nearest-rank method; 0.99 * 100 is a little more than 99 in binary, and must not become rank 100.
        long rank = Math.Clamp((long)Math.Ceiling((share * Count) - (Count * 1e-12)), 1, Count);
        int bucket = 0;
        for (long seen = _counts[0]; seen < rank; seen += _counts[bucket])
        {
            bucket++;
        }

        return UpTo(bucket);
    }

    /// <summary>The buckets that hold any, ascending.</summary>
    /// <returns>The longest latency that a bucket holds, and how many it does.</returns>
    public IEnumerable<(TimeSpan UpTo, long Count)> Buckets()
    {
        for (int bucket = 0; bucket < _counts.Length; bucket++)
        {
            if (_counts[bucket] > 0)
            {
                yield return (UpTo(bucket), _counts[bucket]);
            }
        }
    }

    private TimeSpan UpTo(int bucket) => new(bucket == _counts.Length - 1 ? _maxTicks : Math.Min(LargestIn(bucket), _maxTicks));

    private static int Bucket(long ticks)
    {
        Debug.Assert(ticks is >= 0 and <= LargestTicks, "clamped before");
        int shift = Math.Max(0, BitOperations.Log2((ulong)ticks) - PrecisionBits);
        return (shift << PrecisionBits) + (int)(ticks >> shift);
    }

    private static long LargestIn(int bucket)
    {
        int shift = Math.Max(0, (bucket >> PrecisionBits) - 1);
        return ((bucket - ((long)shift << PrecisionBits) + 1) << shift) - 1;
    }

    private void RecordTicks(long ticks)
    {
        ticks = Math.Max(0, ticks);
        _counts[Bucket(Math.Min(ticks, LargestTicks))]++;
        Count++;
        _sumTicks += ticks;
        _maxTicks = Math.Max(_maxTicks, ticks);
    }
}
