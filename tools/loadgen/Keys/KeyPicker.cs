using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using KvTcp.Protocol;

namespace KvTcp.LoadGen;

/// <summary>
/// Chooses keys, and writes them into requests. A chosen key is a number: the index in the data file, or ~n for the key that
/// <see cref="MissKey"/> makes of n. For one thread.
/// </summary>
internal sealed unsafe class KeyPicker
{
    /// <summary>The most keys that are chosen at once.</summary>
    public const int BatchSize = 64;

    private readonly KeyFile _file;
    private readonly RandomNumbers _random;
    private readonly ZipfRanks? _zipf;
    private readonly RankPermutation? _permutation;
    private readonly ulong _missThreshold;

    /// <summary>Prepares a choice.</summary>
    /// <param name="file">The keys.</param>
    /// <param name="choice">Which of them.</param>
    /// <param name="seed">The seed of the run; all threads share the popular keys of Zipf's law.</param>
    /// <param name="thread">Gives each thread its own sequence.</param>
    public KeyPicker(KeyFile file, KeyChoice choice, int seed, int thread)
    {
        _file = file;
        _random = new RandomNumbers(seed, thread);
        _missThreshold = (ulong)Math.Round(choice.MissShare * (1L << 32));
        if (choice.ZipfExponent is double exponent)
        {
            _zipf = new ZipfRanks(file.Count, exponent);
            _permutation = new RankPermutation(file.Count, seed);
        }
    }

    /// <summary>Chooses keys, and has the processor fetch what <see cref="Write(long, byte*)"/> reads of the data file.</summary>
    /// <param name="keys">Receives them; at most <see cref="BatchSize"/>, so that they are still in the cache when they are written.</param>
    public void Pick(Span<long> keys)
    {
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = Next();
            if (keys[i] >= 0 && Sse.IsSupported)
            {
                Sse.Prefetch0(_file.LinePointer((int)keys[i]));
            }
        }

        for (int i = 0; i < keys.Length && Sse.IsSupported; i++)
        {
            if (keys[i] >= 0)
            {
                byte* text = _file.KeyPointer((int)keys[i]);
                Sse.Prefetch0(text);
                Sse.Prefetch0(text + UuidText.Length - 1);
            }
        }
    }

    /// <summary>Writes the text of a chosen key.</summary>
    /// <param name="key">The number of the key.</param>
    /// <param name="target">Takes 36 bytes.</param>
    public void Write(long key, byte* target) => Write(_file, key, target);

    /// <summary>Writes the text of a key that was chosen from a data file.</summary>
    /// <param name="file">The data file.</param>
    /// <param name="key">The number of the key.</param>
    /// <param name="target">Takes 36 bytes.</param>
    public static void Write(KeyFile file, long key, byte* target)
    {
        if (key >= 0)
        {
            Unsafe.CopyBlockUnaligned(target, file.KeyPointer((int)key), UuidText.Length);
        }
        else
        {
            MissKey.Write(~key, new Span<byte>(target, UuidText.Length));
        }
    }

    private long Next()
    {
        if (_missThreshold > 0 && (uint)_random.Next() < _missThreshold)
        {
            return ~(long)(_random.Next() >> 1);
        }

        return _zipf is null ? (long)_random.Below((ulong)_file.Count) : _permutation![_zipf.Next(_random)];
    }
}
