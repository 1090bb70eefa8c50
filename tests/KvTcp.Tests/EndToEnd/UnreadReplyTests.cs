using System.Net.Sockets;
using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>Clients that ask and do not read. Memory is measured for the whole process, so nothing runs beside these.</summary>
[Alone]
public class UnreadReplyTests(TransportKind transport) : EveryTransport(transport)
{
    private const int MiB = 1 << 20;

    private static readonly ServerOptions Impatient = new() { UnreadReplyTimeout = TimeSpan.FromSeconds(1) };

    private static string Key => TestDataset.Key(0).ToString();

    [Test]
    public async Task Client_that_pipelines_and_never_reads_is_no_longer_read_then_reset_while_memory_stays_flat()
    {
        await using RunningServer server = await StartAsync(Impatient, TestDataset.WithLengths(MiB));
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
        await using RunningServer server = await StartAsync(
            Impatient with { UnreadReplyTimeout = TimeSpan.FromSeconds(3) }, TestDataset.WithLengths(MiB));
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

    [TestCase("MGET", "", Description = "in the middle of a reply, with more to come")]
    [TestCase("GET", "", Description = "in the middle of a value")]
    [TestCase("GET", "QUIT\n", Description = "with QUIT behind it")]
    [TestCase("MGET", "NOSUCH", Description = "with a line begun")]
    public async Task Client_that_never_reads_is_reset(string command, string last)
    {
        await using RunningServer server = await StartAsync(Impatient, TestDataset.WithLengths(MiB));
        using LineClient client = await LineClient.ConnectAsync(server.EndPoint, bufferSize: 4096);
        string requests = command is "GET"
            ? string.Concat(Enumerable.Repeat($"GET {Key}\n", 64))
            : $"MGET {string.Join(' ', Enumerable.Repeat(Key, 64))}\n";
        await client.SendAsync(requests + last);
        await server.CountsAsync("connections_timed_out", 1);
        (string text, ConnectionEnd end) = await client.ReadToEndAsync();
        Assert.That(end, Is.EqualTo(ConnectionEnd.Reset));
        Assert.That(text.Length, Is.LessThan(16 * MiB));
    }

    /// <summary>
    /// What a flush does not wait for is sent after the handler has finished, and a client need not take that either. Only the
    /// end of the server shows whether such connections are left, since STATS no longer counts them.
    /// </summary>
    [TestCase("QUIT\n", false, Description = "closed by QUIT")]
    [TestCase("", true, Description = "the client has ended its side")]
    [TestCase("", false, Description = "closed because it idles")]
    public async Task Client_that_does_not_take_the_last_bytes_is_not_waited_for(string last, bool endsSending)
    {
        await using RunningServer server = await StartAsync(
            Impatient with { DrainTimeout = 10 * Patience.Limit, IdleTimeout = TimeSpan.FromSeconds(1) },
            TestDataset.WithLengths(RequestDispatcher.MaxOutput - 4, RequestDispatcher.MaxOutput - 504));

        // How much the kernel takes is its own affair. Each of these clients asks for 64 KiB more than the one before, and the last
        // reply is as long as it may be for the flush not to wait; so for one of them it is the last reply that the kernel cannot take.
        List<LineClient> clients = [];
        try
        {
            for (int full = 0; full < 90; full++)
            {
                LineClient client = await LineClient.ConnectAsync(server.EndPoint, bufferSize: 4096);
                clients.Add(client);
                string requests = string.Concat(Enumerable.Repeat($"GET {Key}\n", full)) + $"GET {TestDataset.Key(1)}\n";
                await client.SendAsync(requests + last);
                if (endsSending)
                {
                    client.EndSending();
                }
            }

            await server.CountsAsync("connections_open", 1);
            Assert.That(async () => await server.Server.StopAsync().WaitAsync(Patience.Limit), Throws.Nothing);
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }
    }

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
