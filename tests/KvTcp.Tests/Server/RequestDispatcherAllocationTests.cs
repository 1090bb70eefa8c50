using System.Buffers;
using System.Text;
using KvTcp.Server;
using KvTcp.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace KvTcp.Tests.Server;

/// <summary>A request allocates nothing on its way from bytes to bytes.</summary>
[TestFixture]
[Alone]
public class RequestDispatcherAllocationTests
{
    private const int Requests = 1_000_000;

    [TestCase("GET", 1, false, Description = "hits, in one block")]
    [TestCase("GET", 1, true, Description = "hits, in blocks of 4 KiB, so that requests lie across two of them")]
    [TestCase("get   ", 1, true, Description = "another shape of GET than the usual one")]
    [TestCase("MGET", 50, true, Description = "50 keys a request")]
    [TestCase("EXISTS", 50, true, Description = "50 keys a request")]
    [TestCase("WHAT", 1, false, Description = "errors cost no more than answers")]
    public void Drain_of_a_million_keys_allocates_nothing(string word, int keysPerRequest, bool inBlocks)
    {
        using TestDataset data = TestDataset.WithLengths(Enumerable.Repeat(40, 1000));
        ServerOptions options = new();
        using RequestDispatcher dispatcher = new(options, data.Holder, new ServerReplies(
            data.Holder, reloader: null, new ConnectionRegistry(1, null, new Refusals(), NullLogger.Instance), new Refusals(), ServerTransport.Choose(options, NullLoggerFactory.Instance)));
        ReadOnlySequence<byte> requests = OneThousandKeys(word, keysPerRequest, inBlocks);
        ReusedOutput output = new();
        Repeat(dispatcher, requests, output, times: 20);
        long written = output.Written;

        int rounds = 0;
        long allocated = Allocations.Least(() =>
        {
            rounds++;
            Repeat(dispatcher, requests, output, Requests / 1000);
        });

        Assert.That(allocated, Is.Zero);
        Assert.That(output.Written - written, Is.EqualTo(written * 50 * rounds), "every round was answered like the first ones");
        Assert.That(dispatcher.Counters.Requests, Is.EqualTo((Requests * rounds + 20_000) / keysPerRequest));
    }

    private static void Repeat(RequestDispatcher dispatcher, ReadOnlySequence<byte> requests, ReusedOutput output, int times)
    {
        for (int i = 0; i < times; i++)
        {
            ReadOnlySequence<byte> buffer = requests;
            DrainStatus status;
            do
            {
                status = dispatcher.Drain(ref buffer, output);
            }
            while (status == DrainStatus.OutputFull);

            if (status != DrainStatus.NeedInput || !buffer.IsEmpty)
            {
                throw new InvalidOperationException("Not everything was answered.");
            }
        }
    }

    private static ReadOnlySequence<byte> OneThousandKeys(string word, int keysPerRequest, bool inBlocks)
    {
        StringBuilder text = new();
        foreach (int[] numbers in Enumerable.Range(0, 1000).Chunk(keysPerRequest))
        {
            text.Append(word).Append(' ').AppendJoin(' ', numbers.Select(TestDataset.Key)).Append('\n');
        }

        byte[] bytes = Encoding.ASCII.GetBytes(text.ToString());
        return inBlocks
            ? SegmentedSequence.Of(bytes, [.. Enumerable.Range(1, bytes.Length / 4096).Select(static i => i * 4096)])
            : SegmentedSequence.Whole(bytes);
    }

    /// <summary>Hands out the same buffer again and again.</summary>
    private sealed class ReusedOutput : IBufferWriter<byte>
    {
        private readonly byte[] _buffer = new byte[4096];

        public long Written { get; private set; }

        public void Advance(int count) => Written += count;

        public Span<byte> GetSpan(int sizeHint = 0) => _buffer;

        public Memory<byte> GetMemory(int sizeHint = 0) => _buffer;
    }
}
