using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using BenchmarkDotNet.Attributes;
using KvTcp.Store;

namespace KvTcp.Benchmarks.Micro;

/// <summary>
/// Lookup of random keys, each value written behind the last one as replies are: our dataset one by one and in batches, against the
/// collections of .NET. Time and allocation per key.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "GlobalCleanup disposes.")]
public class LookupBenchmarks
{
    /// <summary>So many that, at 10M pairs, what a run over them touches exceeds the largest cache several times.</summary>
    private const int Lookups = 1 << 21;

    /// <summary>As the server does.</summary>
    private const int BatchLength = 64;

    private readonly Lookup[] _results = new Lookup[BatchLength];
    private readonly byte[] _output = new byte[64 * 1024];
    private Dataset _dataset = null!;
    private Dictionary<Guid, byte[]> _dictionary = null!;
    private FrozenDictionary<Guid, byte[]> _frozen = null!;
    private Guid[] _keys = null!;

    [Params(1_000, 1_000_000, 10_000_000)]
    public int Pairs { get; set; }

    [Params(true, false)]
    public bool Hit { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _keys = Hit ? GeneratedData.Hits(Lookups, Pairs) : GeneratedData.Misses(Lookups);
        _dataset = GeneratedData.Load(Pairs);
        _dictionary = GeneratedData.ToDictionary(Pairs);
        _frozen = _dictionary.ToFrozenDictionary();
        CheckAnswers();
    }

    [GlobalCleanup]
    public void Cleanup() => _dataset.Dispose();

    [Benchmark(Baseline = true, OperationsPerInvoke = Lookups)]
    public int Dictionary()
    {
        int offset = 0;
        foreach (Guid key in _keys)
        {
            if (_dictionary.TryGetValue(key, out byte[]? value))
            {
                Append(value, ref offset);
            }
        }

        return offset;
    }

    /// <summary>
    /// The same in runs that each start at the beginning of the output. The processor then overlaps the lookups of a run by itself,
    /// which is the best that can be had from a dictionary; it does not when the output runs on as above.
    /// </summary>
    [Benchmark(OperationsPerInvoke = Lookups)]
    public int DictionaryOverlapped()
    {
        int offset = 0;
        for (int i = 0; i < _keys.Length; i += BatchLength)
        {
            offset = 0;
            foreach (ref readonly Guid key in _keys.AsSpan(i, BatchLength))
            {
                if (_dictionary.TryGetValue(key, out byte[]? value))
                {
                    value.CopyTo(_output.AsSpan(offset));
                    offset += value.Length;
                }
            }
        }

        return offset;
    }

    [Benchmark(OperationsPerInvoke = Lookups)]
    public int Frozen()
    {
        int offset = 0;
        foreach (Guid key in _keys)
        {
            if (_frozen.TryGetValue(key, out byte[]? value))
            {
                Append(value, ref offset);
            }
        }

        return offset;
    }

    [Benchmark(OperationsPerInvoke = Lookups)]
    public int OneByOne()
    {
        int offset = 0;
        foreach (Guid key in _keys)
        {
            if (_dataset.TryGetValue(key, out ReadOnlySpan<byte> value))
            {
                Append(value, ref offset);
            }
        }

        return offset;
    }

    [Benchmark(OperationsPerInvoke = Lookups)]
    public int Batched()
    {
        int offset = 0;
        for (int i = 0; i < _keys.Length; i += BatchLength)
        {
            _dataset.Find(_keys.AsSpan(i, BatchLength), _results);
            foreach (ref readonly Lookup result in _results.AsSpan())
            {
                if (result.IsHit)
                {
                    Append(result.Value, ref offset);
                }
            }
        }

        return offset;
    }

    private void Append(ReadOnlySpan<byte> value, ref int offset)
    {
        if (value.Length > _output.Length - offset)
        {
            offset = 0;
        }

        value.CopyTo(_output.AsSpan(offset));
        offset += value.Length;
    }

    private void CheckAnswers()
    {
        for (int i = 0; i < _keys.Length; i += BatchLength)
        {
            _dataset.Find(_keys.AsSpan(i, BatchLength), _results);
            for (int j = 0; j < BatchLength; j++)
            {
                Guid key = _keys[i + j];
                bool isHit = _dictionary.TryGetValue(key, out byte[]? value);
                if (isHit != Hit
                    || _frozen.ContainsKey(key) != isHit
                    || _dataset.TryGetValue(key, out ReadOnlySpan<byte> single) != isHit
                    || _results[j].IsHit != isHit
                    || (isHit && !(single.SequenceEqual(value) && _results[j].Value.SequenceEqual(value))))
                {
                    throw new InvalidOperationException($"The lookups of {key} do not agree.");
                }
            }
        }
    }
}
