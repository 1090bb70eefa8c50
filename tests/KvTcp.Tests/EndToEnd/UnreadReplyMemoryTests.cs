using System.Net.Sockets;
using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>What clients cost that ask and do not read. Memory is measured for the whole process, so nothing runs beside these.</summary>
[Alone]
public class UnreadReplyMemoryTests(TransportKind transport) : EveryTransport(transport)
{
    private const int MiB = 1 << 20;

    private static string Key => TestDataset.Key(0).ToString();

    [Test]
    public async Task Client_that_pipelines_and_never_reads_is_no_longer_read_then_reset_while_memory_stays_flat()
    {
        await using RunningServer server = await StartAsync(Impatient(1), TestDataset.WithLengths(MiB));
        using LineClient client = await LineClient.ConnectAsync(server.EndPoint, bufferSize: 64 * 1024);
        byte[] gets = ByteText.Bytes(string.Concat(Enumerable.Repeat($"GET {Key}\n", 1000)));
        long before = GC.GetTotalAllocatedBytes(precise: true);
        long workingSet = Environment.WorkingSet;
        long accepted = 0;
        SocketError error = SocketError.Success;
        using CancellationTokenSource limit = new(Patience.Limit);
        try
        {
            // 64 MiB of requests ask for 1.6 TiB of replies.
            while (accepted < 64 * MiB)
            {
                accepted += await client.Socket.SendAsync(gets.AsMemory(), limit.Token);
            }
        }
        catch (SocketException exception)
        {
            error = exception.SocketErrorCode;
        }

        Assert.That(error, Is.EqualTo(SocketError.ConnectionReset).Or.EqualTo(SocketError.Shutdown));
        Assert.That(accepted, Is.LessThan(16 * MiB), "the kernel's buffers and one read buffer, and no more");
        Assert.That(GC.GetTotalAllocatedBytes(precise: true) - before, Is.LessThan(16 * MiB));
        Assert.That(Environment.WorkingSet - workingSet, Is.LessThan(64 * MiB));
        await server.CountsAsync("connections_timed_out", 1);
    }

    [Test]
    public async Task Many_clients_that_never_read_take_little_memory_each()
    {
        const int Clients = 50;
        await using RunningServer server = await StartAsync(Impatient(3), TestDataset.WithLengths(MiB));
        byte[] gets = ByteText.Bytes(string.Concat(Enumerable.Repeat($"GET {Key}\n", 1000)));
        long before = Environment.WorkingSet;
        Task[] floods = [.. Enumerable.Range(0, Clients).Select(_ => FloodAsync(server, gets))];
        long most = 0;
        await Patience.UntilAsync(
            () =>
            {
                most = Math.Max(most, Environment.WorkingSet - before);
                return Task.FromResult(Array.TrueForAll(floods, static flood => flood.IsCompleted));
            },
            "every client is reset");
        await Task.WhenAll(floods);
        Assert.That(most / Clients, Is.LessThan(MiB / 2), "received requests, replies to be sent, and the clients' own");
    }

    private static ServerOptions Impatient(int seconds) => new() { UnreadReplyTimeout = TimeSpan.FromSeconds(seconds) };

    private static async Task FloodAsync(RunningServer server, byte[] requests)
    {
        using LineClient client = await LineClient.ConnectAsync(server.EndPoint, bufferSize: 64 * 1024);
        Assert.That(
            async () =>
            {
                for (; ; )
                {
                    await client.SendAsync(requests);
                }
            },
            Throws.InstanceOf<SocketException>());
    }
}
