using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using BenchmarkDotNet.Attributes;
using KvTcp.Protocol;

namespace KvTcp.Benchmarks.Micro;

/// <summary>Text to Guid: ours on each path of the processor, against the parsers of .NET. Time and allocation per key.</summary>
public class UuidParseBenchmarks
{
    private const int Keys = 1024;

    private readonly byte[] _text = new byte[Keys * UuidText.Length];
    private readonly Guid[] _keys = new Guid[Keys];

    [GlobalSetup]
    public void Setup()
    {
        Random random = new(1);
        for (int i = 0; i < Keys; i++)
        {
            random.NextBytes(MemoryMarshal.AsBytes(_keys.AsSpan(i, 1)));
            UuidText.Format(_keys[i], Text(i));
        }

        Guid expected = Fold(_keys);
        foreach (Func<Guid> parser in (Func<Guid>[])[Utf8ParserD, GuidTryParse, Uuid, UuidVector128, UuidScalar])
        {
            if (parser() != expected)
            {
                throw new InvalidOperationException($"{parser.Method.Name} parses wrongly.");
            }
        }
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Keys)]
    public Guid Utf8ParserD()
    {
        Guid fold = default;
        for (int i = 0; i < Keys; i++)
        {
            _ = Utf8Parser.TryParse(Text(i), out Guid key, out _, 'D');
            fold = Fold(fold, key);
        }

        return fold;
    }

    [Benchmark(OperationsPerInvoke = Keys)]
    public Guid GuidTryParse()
    {
        Guid fold = default;
        for (int i = 0; i < Keys; i++)
        {
            _ = Guid.TryParse(Text(i), provider: null, out Guid key);
            fold = Fold(fold, key);
        }

        return fold;
    }

    /// <summary>What the server uses: the widest path that the processor has.</summary>
    [Benchmark(OperationsPerInvoke = Keys)]
    public Guid Uuid()
    {
        Guid fold = default;
        for (int i = 0; i < Keys; i++)
        {
            _ = UuidText.TryParse(Text(i), out Guid key);
            fold = Fold(fold, key);
        }

        return fold;
    }

    [Benchmark(OperationsPerInvoke = Keys)]
    public Guid UuidVector128()
    {
        Guid fold = default;
        for (int i = 0; i < Keys; i++)
        {
            _ = UuidText.TryParseVector128(ref _text[i * UuidText.Length], out Guid key);
            fold = Fold(fold, key);
        }

        return fold;
    }

    [Benchmark(OperationsPerInvoke = Keys)]
    public Guid UuidScalar()
    {
        Guid fold = default;
        for (int i = 0; i < Keys; i++)
        {
            _ = UuidText.TryParseScalar(ref _text[i * UuidText.Length], out Guid key);
            fold = Fold(fold, key);
        }

        return fold;
    }

    private Span<byte> Text(int index) => _text.AsSpan(index * UuidText.Length, UuidText.Length);

    private static Guid Fold(ReadOnlySpan<Guid> keys)
    {
        Guid fold = default;
        foreach (Guid key in keys)
        {
            fold = Fold(fold, key);
        }

        return fold;
    }

    // Uses every bit of the result, so that no parser can be optimised away, at the cost of one vector operation for each.
    private static Guid Fold(Guid left, Guid right) =>
        Unsafe.BitCast<Vector128<byte>, Guid>(
            Unsafe.BitCast<Guid, Vector128<byte>>(left) ^
            Unsafe.BitCast<Guid, Vector128<byte>>(right));
}
