using System.Buffers;
using System.Text;
using BenchmarkDotNet.Attributes;
using KvTcp.Protocol;

namespace KvTcp.Benchmarks.Micro;

/// <summary>Framing and parsing of pipelined GETs, whole and split over blocks. Time and allocation per request.</summary>
public class RequestParseBenchmarks
{
    private const int Requests = 1024;

    private readonly Guid[] _keys = new Guid[Requests];
    private ReadOnlySequence<byte> _received;

    /// <summary>The length of a block: the whole read in one; what Kestrel receives into; every request cut.</summary>
    [Params(Requests * 41, 4096, 40)]
    public int BlockLength { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        StringBuilder text = new();
        for (int i = 0; i < Requests; i++)
        {
            text.Append("GET ").Append(new Guid(i, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11).ToString("D")).Append('\n');
        }

        _received = ReceivedBytes.InBlocks(Encoding.ASCII.GetBytes(text.ToString()), BlockLength);
        if (LineByLine() != Requests || PlainRuns() != Requests || _keys[Requests - 1] != new Guid(Requests - 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11))
        {
            throw new InvalidOperationException("Requests are parsed wrongly.");
        }
    }

    /// <summary>The general path: find the line, then parse it.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Requests)]
    public int LineByLine()
    {
        ReadOnlySequence<byte> buffer = _received;
        int count = 0;
        while (TryReadGet(ref buffer, ref count))
        {
        }

        return count;
    }

    /// <summary>The hot path: runs of plain GETs within a block, the general path where a request crosses blocks.</summary>
    [Benchmark(OperationsPerInvoke = Requests)]
    public int PlainRuns()
    {
        ReadOnlySequence<byte> buffer = _received;
        int count = 0;
        do
        {
            count += RequestParser.ReadPlainGets(buffer.FirstSpan, version4: false, _keys.AsSpan(count), out int consumed);
            buffer = buffer.Slice(consumed);
        }
        while (TryReadGet(ref buffer, ref count));
        return count;
    }

    private bool TryReadGet(ref ReadOnlySequence<byte> buffer, ref int count)
    {
        long searched = 0;
        if (LineFraming.TryReadLine(ref buffer, LineFraming.MaxRequestLine, ref searched, out ReadOnlySequence<byte> line) != FramingStatus.Line)
        {
            return false;
        }

        Span<byte> joined = stackalloc byte[64];
        scoped ReadOnlySpan<byte> text = line.FirstSpan;
        if (!line.IsSingleSegment)
        {
            line.CopyTo(joined);
            text = joined.Slice(0, (int)line.Length);
        }

        return RequestParser.Parse(text, out Request request) == RequestStatus.Request
            && RequestParser.TryParseKey(request.Arguments, version4: false, out _keys[count++]);
    }
}
