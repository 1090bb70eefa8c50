using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>Clients that ask and do not read; UnreadReplyMemoryTests have what they cost.</summary>
public class UnreadReplyTests(TransportKind transport) : EveryTransport(transport)
{
    private const int MiB = 1 << 20;

    private static readonly ServerOptions Impatient = new() { UnreadReplyTimeout = TimeSpan.FromSeconds(1) };

    private static string Key => TestDataset.Key(0).ToString();

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
}
