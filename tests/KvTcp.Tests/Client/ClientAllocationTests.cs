using System.Buffers;
using KvTcp.Client;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Client;

/// <summary>
/// A GET to bytes allocates its array and nothing else, one into a writer nothing at all. The server, whose requests allocate nothing, is in the same process;
/// everything else has to be quiet meanwhile.
/// </summary>
[Alone]
public sealed class ClientAllocationTests
{
    private const int ValueLength = 40;

    /// <summary>An array of 40 bytes: header, type, length and content.</summary>
    private const int ArraySize = 64;

    [TestCase(1, 20_000, Description = "one caller: every request is a write and a read of its own")]
    [TestCase(64, 200_000, Description = "64 callers share writes and reads")]
    public Task Get_to_bytes_allocates_only_its_result(int callers, int requests) => MeasureAsync(callers, requests, ArraySize, GetBytesAsync);

    [TestCase(1, 20_000)]
    [TestCase(64, 200_000)]
    public Task Get_into_a_writer_allocates_nothing(int callers, int requests) => MeasureAsync(callers, requests, 0, GetIntoWriterAsync);

    private static async Task MeasureAsync(int callers, int requests, int expected, Func<KvClient, Guid[], int, Task> call)
    {
        await using RunningServer server = await RunningServer.StartAsync(data: TestDataset.WithLengths(Enumerable.Repeat(ValueLength, 100)));
        await using KvClient client = await KvClient.ConnectAsync(new KvClientOptions { Servers = [KvClientTests.Address(server)] });
        Guid[] keys = [.. Enumerable.Range(0, 100).Select(TestDataset.Key)];
        double least = double.MaxValue;

        // The first measurements contain what pools, the thread pool and the compiler do to warm up.
        for (int i = 0; i < 6 && least > expected + 0.5; i++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(() => call(client, keys, requests / callers))));
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)requests);
        }

        await TestContext.Out.WriteLineAsync($"{least:0.00} bytes a request");
        Assert.That(least, Is.InRange(expected, expected + 6.0), "another object of 24 bytes or more with every fourth request; what runs beside them allocates by the second");
    }

    private static async Task GetBytesAsync(KvClient client, Guid[] keys, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if ((await client.GetAsync(keys[i % keys.Length]))?.Length != ValueLength)
            {
                throw new InvalidDataException("A reply is wrong.");
            }
        }
    }

    private static async Task GetIntoWriterAsync(KvClient client, Guid[] keys, int count)
    {
        ArrayBufferWriter<byte> value = new(ValueLength);
        for (int i = 0; i < count; i++)
        {
            value.ResetWrittenCount();
            if (!await client.GetAsync(keys[i % keys.Length], value) || value.WrittenCount != ValueLength)
            {
                throw new InvalidDataException("A reply is wrong.");
            }
        }
    }
}
