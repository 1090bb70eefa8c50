namespace KvTcp.LoadGen;

/// <summary>Random numbers of 64 bits for the choice of keys: SplitMix64, which is one addition and a mix. For one thread.</summary>
internal sealed class RandomNumbers
{
    private const ulong Step = 0x9e3779b97f4a7c15;

    private ulong _state;

    /// <summary>Starts a sequence.</summary>
    /// <param name="seed">Equal seeds, equal sequences; close seeds give unrelated ones.</param>
    /// <param name="stream">Which of the seed's sequences.</param>
    public RandomNumbers(int seed, int stream) => _state = Mix(Mix((uint)seed) + ((ulong)stream * Step));

    /// <summary>The next number, all 64 bits of it random.</summary>
    public ulong Next() => Mix(_state += Step);

    /// <summary>The next number below a limit. The bias is at most limit/2^64.</summary>
    /// <param name="limit">At least 1.</param>
    public ulong Below(ulong limit) => Math.BigMul(Next(), limit, out _);

    /// <summary>The next number from 0 to 1, exclusive.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A bijection of 64 bits that changes about half of the bits for each bit that changes.</summary>
    /// <param name="value">Any number.</param>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }
}
