using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using BenchmarkDotNet.Attributes;
using KvTcp.Store;

namespace KvTcp.Benchmarks.Micro;

/// <summary>
/// Lookup of random keys, each value copied as a reply would: our dataset one by one and in batches, against the collections of
/// .NET. Time and allocation per key.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "GlobalCleanup disposes.")]
public class LookupBenchmarks
{
    /// <summary>So many that, at 10M pairs, what a run over them touches exceeds the largest cache several times.</summary>
    private const int Lookups = 1 << 21;

    /// <summary>As the server does.</summary>
    private const int BatchLength = 64;

    private readonly Lookup[] _results = new Lookup[BatchLength];
    private readonly byte[] _copy = new byte[DataFileGenerator.DefaultMaxValueLength];
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
        long expected = Dictionary();
        if ((expected > 0) != Hit || Frozen() != expected || OneByOne() != expected || Batched() != expected)
        {
            throw new InvalidOperationException("A lookup answers wrongly.");
        }
    }

    [GlobalCleanup]
    public void Cleanup() => _dataset.Dispose();

    [Benchmark(Baseline = true, OperationsPerInvoke = Lookups)]
    public long Dictionary()
    {
        long sum = 0;
        foreach (Guid key in _keys)
        {
            sum += _dictionary.TryGetValue(key, out byte[]? value) ? Copy(value) : 0;
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Lookups)]
    public long Frozen()
    {
        long sum = 0;
        foreach (Guid key in _keys)
        {
            sum += _frozen.TryGetValue(key, out byte[]? value) ? Copy(value) : 0;
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Lookups)]
    public long OneByOne()
    {
        long sum = 0;
        foreach (Guid key in _keys)
        {
            sum += _dataset.TryGetValue(key, out ReadOnlySpan<byte> value) ? Copy(value) : 0;
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Lookups)]
    public long Batched()
    {
        long sum = 0;
        for (int i = 0; i < _keys.Length; i += BatchLength)
        {
            _dataset.Find(_keys.AsSpan(i, BatchLength), _results);
            foreach (ref readonly Lookup result in _results.AsSpan())
            {
                sum += result.IsHit ? Copy(result.Value) : 0;
            }
        }

        return sum;
    }

    /// <summary>Copies a value; the sum over what comes back tells whether all lookups agree.</summary>
    private int Copy(ReadOnlySpan<byte> value)
    {
        value.CopyTo(_copy);
        return value.Length + _copy[value.Length - 1];
    }
}
