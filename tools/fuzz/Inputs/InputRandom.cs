namespace KvTcp.Fuzz;

/// <summary>
/// The random numbers of one input: all of them follow from its seed, and starting over costs nothing, unlike with
/// <see cref="Random"/>. The generator is SplitMix64, https://prng.di.unimi.it/splitmix64.c. Not thread-safe.
/// </summary>
/// <param name="seed">The seed.</param>
internal sealed class InputRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>Starts over.</summary>
    /// <param name="seed">The seed of the next input.</param>
    public void Restart(ulong seed) => _state = seed;

    /// <summary>64 random bits.</summary>
    public ulong Next()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0 to <paramref name="limit"/> - 1.</summary>
    public int Below(int limit) => (int)(Next() % (uint)limit);

    /// <summary>True once in so many times.</summary>
    public bool OneIn(int times) => Below(times) == 0;

    /// <summary>One of some values.</summary>
    public T Pick<T>(ReadOnlySpan<T> values) => values[Below(values.Length)];

    /// <summary>A random UUID.</summary>
    public Guid Uuid()
    {
        Span<ulong> bits = [Next(), Next()];
        return new Guid(System.Runtime.InteropServices.MemoryMarshal.AsBytes(bits));
    }
}
