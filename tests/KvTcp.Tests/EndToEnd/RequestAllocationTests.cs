using System.Net.Sockets;
using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>
/// A request on a real connection allocates nothing. The client is in the same process and is measured too, so it uses nothing
/// but blocking calls over arrays of its own. Everything else has to be quiet meanwhile.
/// </summary>
[Alone]
public class RequestAllocationTests(TransportKind transport) : EveryTransport(transport)
{
    /// <summary>
    /// What may be allocated beside requests: Kestrel's heartbeat and the like, some hundred bytes a second, and now and then a
    /// table of the runtime. A single object a read would come to more in each of the tests.
    /// </summary>
    private const long Constant = 32 * 1024;

    [TestCase(16, 50_000, Description = "the usual depth of a pipelining client")]
    [TestCase(128, 400_000)]
    [TestCase(500, 1_000_000, Description = "replies of 22 KiB a read, in several blocks")]
    [TestCase(5_000, 1_000_000, Description = "replies of 220 KiB, more than one drain may write and more than a socket takes at once")]
    public async Task Pipelined_gets_allocate_nothing(int depth, int requests)
    {
        await using RunningServer server = await StartAsync(data: TestDataset.WithLengths(Enumerable.Repeat(40, depth)));
        Assert.That(Measure(server, depth, requests / depth), Is.LessThan(Constant));
    }

    [Test]
    public async Task Pipelined_gets_within_a_request_rate_allocate_nothing()
    {
        const int Depth = 128;
        await using RunningServer server = await StartAsync(
            new ServerOptions { RequestsPerSecond = 100_000_000 }, TestDataset.WithLengths(Enumerable.Repeat(40, Depth)));
        Assert.That(Measure(server, Depth, 400_000 / Depth), Is.LessThan(Constant));
    }

    [Test]
    public async Task Gets_sent_one_at_a_time_allocate_nothing()
    {
        const int RoundTrips = 10_000;
        await using RunningServer server = await StartAsync(data: TestDataset.WithLengths(40));
        Assert.That(Measure(server, 1, RoundTrips), Is.LessThan(Math.Min(Constant, RoundTrips)));
    }

    /// <summary>The least of several measurements, since the first ones contain what the runtime does to warm up.</summary>
    private static long Measure(RunningServer server, int depth, int rounds)
    {
        Guid[] keys = [.. Enumerable.Range(0, depth).Select(TestDataset.Key)];
        byte[] requests = ByteText.Bytes(string.Concat(keys.Select(static key => $"GET {key}\n")));
        byte[] expected = ByteText.Bytes(string.Concat(keys.Select(key => $"OK {ByteText.Text(server.Data.Pairs[key])}\n")));
        byte[] received = new byte[expected.Length];
        using Socket socket = new(server.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(server.EndPoint);
        long least = long.MaxValue;
        for (int i = 0; i < 4 && least > 1_000; i++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            Repeat(socket, requests, received, expected, rounds);
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        TestContext.Out.WriteLine($"{least} bytes for {depth * rounds} requests at depth {depth}");
        return least;
    }

    private static void Repeat(Socket socket, byte[] requests, byte[] received, byte[] expected, int rounds)
    {
        for (int round = 0; round < rounds; round++)
        {
            for (int sent = 0; sent < requests.Length;)
            {
                sent += socket.Send(requests.AsSpan(sent));
            }

            for (int count = 0; count < received.Length;)
            {
                int more = socket.Receive(received.AsSpan(count));
                count += more > 0 ? more : throw new EndOfStreamException();
            }

            if (!received.AsSpan().SequenceEqual(expected))
            {
                throw new InvalidDataException("A reply is wrong.");
            }
        }
    }
}
