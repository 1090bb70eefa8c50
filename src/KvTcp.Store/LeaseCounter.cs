using System.Diagnostics;
using System.Numerics;

namespace KvTcp.Store;

/// <summary>Counts leases so that processors rarely share a cache line, and tells exactly once when none is left.</summary>
/// <remarks>
/// <para>
/// The count is spread over stripes; a lease remembers its stripe, so each stripe by itself counts leases that are out.
/// </para>
/// <para>
/// Why nothing is freed too early: a lease is valid only if its taker saw <c>_retired</c> unset after raising its stripe, both
/// with full fences, so every scan that follows the retirement sees that stripe raised until the release. Why
/// something is freed at all: after the retirement every lowering of a stripe is followed by a scan, also that of a taker
/// that came too late, so whoever lowers last finds all stripes at zero.
/// </para>
/// </remarks>
internal sealed class LeaseCounter
{
    // Two lines, because processors fetch lines in pairs.
    private const int LongsAStripe = 128 / sizeof(long);
    private const int MaxStripes = 64;

    private readonly long[] _counts;
    private readonly int _stripeMask;
    private int _retired;
    private int _drained;

    public LeaseCounter()
    {
        int stripes = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Min(Environment.ProcessorCount, MaxStripes));
        _stripeMask = stripes - 1;

        // The first stripe keeps away from the array's header.
        _counts = new long[(stripes + 1) * LongsAStripe];
    }

    /// <summary>Takes a lease.</summary>
    /// <param name="stripe">What <see cref="Release"/> needs to know.</param>
    /// <param name="drained">True when there is no lease and the caller is the one who must free.</param>
    /// <returns>False after <see cref="Retire"/>.</returns>
    public bool TryAcquire(out int stripe, out bool drained)
    {
        stripe = Thread.GetCurrentProcessorId() & _stripeMask;
        Interlocked.Increment(ref Count(stripe));
        if (Volatile.Read(ref _retired) == 0)
        {
            drained = false;
            return true;
        }

        drained = Release(stripe);
        return false;
    }

    /// <summary>Gives a lease back.</summary>
    /// <returns>True when it was the last one after <see cref="Retire"/>: the caller must free.</returns>
    /// <exception cref="InvalidOperationException">More leases were released than taken.</exception>
    public bool Release(int stripe)
    {
        if (Interlocked.Decrement(ref Count(stripe)) < 0)
        {
            Interlocked.Increment(ref Count(stripe));
            throw new InvalidOperationException("A dataset lease was released twice.");
        }

        return Volatile.Read(ref _retired) != 0 && IsDrained();
    }

    /// <summary>Lets no more leases be taken.</summary>
    /// <returns>True when none is out: the caller must free. False also for every call but the first.</returns>
    public bool Retire() => Interlocked.Exchange(ref _retired, 1) == 0 && IsDrained();

    private bool IsDrained()
    {
        Debug.Assert(_retired == 1);
        for (int stripe = 0; stripe <= _stripeMask; stripe++)
        {
            if (Interlocked.Read(ref Count(stripe)) != 0)
            {
                return false;
            }
        }

        return Interlocked.Exchange(ref _drained, 1) == 0;
    }

    private ref long Count(int stripe) => ref _counts[(stripe + 1) * LongsAStripe];
}
