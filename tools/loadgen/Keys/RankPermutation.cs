using System.Numerics;

namespace KvTcp.LoadGen;

/// <summary>
/// A random-looking permutation of 0 to n - 1 without a table: a bijection of the next power of two, repeated until it falls below n,
/// which takes fewer than two rounds on average. Immutable.
/// </summary>
internal sealed class RankPermutation
{
    private readonly ulong _count;
    private readonly ulong _mask;
    private readonly int _shift;
    private readonly ulong _factor1;
    private readonly ulong _factor2;
    private readonly ulong _offset;

    /// <summary>Chooses a permutation.</summary>
    /// <param name="count">n, at least 1.</param>
    /// <param name="seed">Decides which.</param>
    public RankPermutation(int count, int seed)
    {
        RandomNumbers random = new(seed, int.MaxValue);
        _count = (ulong)count;
        int bits = Math.Max(1, 64 - BitOperations.LeadingZeroCount(_count - 1));
        _mask = (1UL << bits) - 1;
        _shift = (bits + 1) / 2;
        _factor1 = random.Next() | 1;
        _factor2 = random.Next() | 1;
        _offset = random.Next();
    }

    /// <summary>Where a rank goes.</summary>
    /// <param name="rank">From 0 to n - 1.</param>
    public int this[int rank]
    {
        get
        {
            ulong value = (ulong)rank;
            do
            {
                value = ((value * _factor1) + _offset) & _mask;
                value ^= value >> _shift;
                value = (value * _factor2) & _mask;
                value ^= value >> _shift;
            }
            while (value >= _count);
            return (int)value;
        }
    }
}
