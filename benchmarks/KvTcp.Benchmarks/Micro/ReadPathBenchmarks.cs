using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using BenchmarkDotNet.Attributes;
using KvTcp.Protocol;
using KvTcp.Server;
using KvTcp.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace KvTcp.Benchmarks.Micro;

/// <summary>
/// The whole path, received bytes to reply bytes, without the transport: what the server does, against the obvious way (find the
/// line, Utf8Parser, a dictionary of arrays). 1M keys. Time and allocation per request.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "GlobalCleanup disposes.")]
public class ReadPathBenchmarks
{
    private const int Pairs = 1_000_000;

    /// <summary>Requests of one invocation, about one for each pair, so that values are seldom in a cache.</summary>
    private const int Requests = 1 << 20;

    private readonly ReusedOutput _output = new();
    private ReadOnlySequence<byte>[] _reads = [];
    private Dictionary<Guid, byte[]> _dictionary = null!;
    private Dataset _dataset = null!;
    private RequestDispatcher _dispatcher = null!;

    /// <summary>How many requests one read brings.</summary>
    [Params(1, 16, 128)]
    public int Depth { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _dictionary = GeneratedData.ToDictionary(Pairs);
        _dataset = GeneratedData.Load(Pairs);
        DatasetHolder datasets = new(new ServedDataset(_dataset, "generated", new LoadReport(), DateTimeOffset.UtcNow));
        ServerOptions options = new();
        ServerTransport transport = ServerTransport.Choose(options, NullLoggerFactory.Instance);
        Refusals refusals = new();
        ConnectionRegistry connections = new(1, null, refusals, NullLogger.Instance);
        _dispatcher = new RequestDispatcher(options, datasets, new ServerReplies(datasets, reloader: null, connections, refusals, transport));
        _reads = [.. GeneratedData.Hits(Requests, Pairs).Chunk(Depth).Select(static keys =>
            ReceivedBytes.InBlocks(Encoding.ASCII.GetBytes(string.Concat(keys.Select(static key => $"GET {key:D}\n"))), blockLength: 4096))];
        foreach (ReadOnlySequence<byte> read in _reads)
        {
            _output.StartOver();
            Answer(read);
            byte[] expected = _output.Written.ToArray();
            _output.StartOver();
            AnswerPlainly(read);
            if (!_output.Written.SequenceEqual(expected))
            {
                throw new InvalidOperationException("The two ways answer differently.");
            }
        }
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _dispatcher.Dispose();
        _dataset.Dispose();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Requests)]
    public void Plain()
    {
        foreach (ReadOnlySequence<byte> read in _reads)
        {
            _output.StartOver();
            AnswerPlainly(read);
        }
    }

    [Benchmark(OperationsPerInvoke = Requests)]
    public void Dispatcher()
    {
        foreach (ReadOnlySequence<byte> read in _reads)
        {
            _output.StartOver();
            Answer(read);
        }
    }

    private void Answer(ReadOnlySequence<byte> read)
    {
        if (_dispatcher.Drain(ref read, _output) != DrainStatus.NeedInput || !read.IsEmpty)
        {
            throw new InvalidOperationException("The read was not answered in one drain.");
        }
    }

    private void AnswerPlainly(ReadOnlySequence<byte> read)
    {
        SequenceReader<byte> reader = new(read);
        Span<byte> joined = stackalloc byte[64];
        while (reader.TryReadTo(out ReadOnlySequence<byte> line, (byte)'\n'))
        {
            line.CopyTo(joined);
            _ = Utf8Parser.TryParse(joined.Slice(4, UuidText.Length), out Guid key, out _, 'D');
            byte[] value = _dictionary[key];
            Span<byte> reply = _output.GetSpan(value.Length + 4);
            "OK "u8.CopyTo(reply);
            value.CopyTo(reply.Slice(3));
            reply[value.Length + 3] = (byte)'\n';
            _output.Advance(value.Length + 4);
        }
    }
}
