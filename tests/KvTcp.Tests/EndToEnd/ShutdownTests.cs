using System.Diagnostics;
using System.Net.Sockets;
using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

public class ShutdownTests(TransportKind transport) : EveryTransport(transport)
{
    private static string Key => TestDataset.Key(0).ToString();

    [Test]
    public async Task Stop_without_connections_returns_at_once()
    {
        await using RunningServer server = await StartAsync(new ServerOptions { DrainTimeout = 10 * Patience.Limit });
        Assert.That(async () => await server.Server.StopAsync().WaitAsync(Patience.Limit), Throws.Nothing);
    }

    [Test]
    public async Task Server_that_is_disposed_twice_has_ended_after_either()
    {
        await using RunningServer server = await StartAsync();
        Task first = server.Server.DisposeAsync().AsTask();
        await server.Server.DisposeAsync().AsTask().WaitAsync(Patience.Limit);
        Assert.That(async () => await server.ConnectAsync(), Throws.InstanceOf<SocketException>());
        Assert.That(async () => await first.WaitAsync(Patience.Limit), Throws.Nothing);
    }

    [Test]
    public async Task Stop_closes_idle_connections_at_once_and_accepts_no_more()
    {
        await using RunningServer server = await StartAsync(new ServerOptions { DrainTimeout = 10 * Patience.Limit });
        using LineClient silent = await server.ConnectAsync();
        using LineClient idle = await server.ConnectAsync();
        using LineClient partial = await server.ConnectAsync();
        Assert.That(await idle.AskAsync("PING"), Is.EqualTo("OK PONG"));
        await partial.SendAsync($"PING\nGET {Key}");
        Assert.That(await partial.ReadLineAsync(), Is.EqualTo("OK PONG"));
        await Patience.UntilAsync(async () => (await idle.StatsAsync())["connections_open"] is "3", "all are connected");

        await server.Server.StopAsync().WaitAsync(Patience.Limit);
        foreach (LineClient client in new[] { silent, idle, partial })
        {
            Assert.That(await client.ReadToEndAsync(), Is.EqualTo(("", ConnectionEnd.Closed)));
        }

        Assert.That(async () => await server.ConnectAsync(), Throws.InstanceOf<SocketException>());
    }

    [Test]
    [Repeat(5)]
    public async Task Client_that_is_closed_by_a_stop_finds_nobody_accepting()
    {
        // So that it comes back to another server, and not to the one that ends.
        await using RunningServer server = await StartAsync();
        using LineClient client = await server.ConnectAsync();
        Assert.That(await client.AskAsync("PING"), Is.EqualTo("OK PONG"));
        Task stop = server.Server.StopAsync();
        Assert.That(await client.ReadToEndAsync(), Is.EqualTo(("", ConnectionEnd.Closed)));
        Assert.That(async () => await server.ConnectAsync(), Throws.InstanceOf<SocketException>().With.Property(nameof(SocketException.SocketErrorCode)).EqualTo(SocketError.ConnectionRefused));
        await stop.WaitAsync(Patience.Limit);
    }

    [Test]
    public async Task Every_call_of_stop_waits_for_the_same_end()
    {
        await using RunningServer server = await StartAsync();
        using LineClient client = await server.ConnectAsync();
        Assert.That(await client.AskAsync("PING"), Is.EqualTo("OK PONG"));
        Task first = server.Server.StopAsync();
        Task second = server.Server.StopAsync();
        Assert.That(second, Is.SameAs(first));
        await first.WaitAsync(Patience.Limit);
        Assert.That(server.Server.StopAsync().IsCompletedSuccessfully);
    }

    [Test]
    public async Task Stop_answers_what_was_read_completely()
    {
        // A reply of 50 MiB is under way when the server is stopped; all of it arrives, and so does what was asked after it.
        await using RunningServer server = await StartAsync(data: TestDataset.WithLengths(1 << 20));
        using LineClient client = await server.ConnectAsync();
        await client.SendAsync($"MGET {string.Join(' ', Enumerable.Repeat(Key, 50))}\nPING\n");
        Assert.That(await client.ReadLineAsync(), Is.EqualTo("LINES 50"));
        Task stop = server.Server.StopAsync();
        (string text, ConnectionEnd end) = await client.ReadToEndAsync();
        await stop.WaitAsync(Patience.Limit);
        Assert.That(end, Is.EqualTo(ConnectionEnd.Closed));
        Assert.That(text, Has.Length.EqualTo(50 * ((1 << 20) + 4) + "OK PONG\n".Length));
        Assert.That(text, Does.EndWith("\nOK PONG\n"));
    }

    [Test]
    [Repeat(5)]
    public async Task Stop_under_load_tears_no_reply()
    {
        const int Clients = 50;
        await using RunningServer server = await StartAsync(data: TestDataset.WithLengths(Enumerable.Range(0, 100)));
        List<AskingClient> clients = [];
        for (int i = 0; i < Clients; i++)
        {
            clients.Add(await AskingClient.StartAsync(server, seed: i));
        }

        await Task.WhenAll(clients.Select(static client => client.Busy)).WaitAsync(Patience.Limit);
        await server.Server.StopAsync().WaitAsync(Patience.Limit);
        int[] replies = await Task.WhenAll(clients.Select(static client => client.End)).WaitAsync(Patience.Limit);
        Assert.That(replies, Has.All.GreaterThanOrEqualTo(AskingClient.BusyAfter));
    }

    [Test]
    public async Task Client_that_never_reads_is_reset_after_the_drain_timeout()
    {
        await using RunningServer server = await StartAsync(
            new ServerOptions { DrainTimeout = TimeSpan.FromSeconds(1), UnreadReplyTimeout = 10 * Patience.Limit },
            TestDataset.WithLengths(1 << 20));
        using LineClient client = await LineClient.ConnectAsync(server.EndPoint, bufferSize: 4096);
        await client.SendAsync($"MGET {string.Join(' ', Enumerable.Repeat(Key, 100))}\n");
        Assert.That(await client.ReadLineAsync(), Is.EqualTo("LINES 100"));
        Stopwatch watch = Stopwatch.StartNew();
        await server.Server.StopAsync().WaitAsync(Patience.Limit);
        Assert.That(watch.Elapsed, Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(0.9)), "it was given its time");
        Assert.That((await client.ReadToEndAsync()).End, Is.EqualTo(ConnectionEnd.Reset));
    }

    [Test]
    public async Task Cancelled_stop_resets_at_once()
    {
        await using RunningServer server = await StartAsync(
            new ServerOptions { DrainTimeout = 10 * Patience.Limit, UnreadReplyTimeout = 10 * Patience.Limit },
            TestDataset.WithLengths(1 << 20));
        using LineClient client = await LineClient.ConnectAsync(server.EndPoint, bufferSize: 4096);
        await client.SendAsync($"MGET {string.Join(' ', Enumerable.Repeat(Key, 100))}\n");
        Assert.That(await client.ReadLineAsync(), Is.EqualTo("LINES 100"));
        using CancellationTokenSource cancellation = new();
        Task stop = server.Server.StopAsync(cancellation.Token);
        await cancellation.CancelAsync();
        await stop.WaitAsync(Patience.Limit);
        Assert.That((await client.ReadToEndAsync()).End, Is.EqualTo(ConnectionEnd.Reset));
    }

    /// <summary>A client that sends a hundred GETs, checks their replies, and goes on with the next hundred.</summary>
    private sealed class AskingClient
    {
        public const int BusyAfter = 1_000;

        private readonly TaskCompletionSource _busy = new(TaskCreationOptions.RunContinuationsAsynchronously);

        private AskingClient()
        {
        }

        /// <summary>Completes when the client is in full swing.</summary>
        public Task Busy => _busy.Task;

        /// <summary>Completes with the number of replies when the server has closed.</summary>
        public Task<int> End { get; private set; } = null!;

        public static async Task<AskingClient> StartAsync(RunningServer server, int seed)
        {
            LineClient client = await server.ConnectAsync();
            AskingClient asking = new();
            asking.End = Task.Run(() => asking.RunAsync(client, server.Data, seed));
            return asking;
        }

        private async Task<int> RunAsync(LineClient client, TestDataset data, int seed)
        {
            Guid[] keys = [.. Enumerable.Range(0, 100).Select(i => TestDataset.Key((i * 7 + seed) % 100))];
            string[] replies = [.. keys.Select(key => $"OK {ByteText.Text(data.Pairs[key])}")];
            byte[] requests = ByteText.Bytes(string.Concat(keys.Select(static key => $"GET {key}\n")));
            using LineClient connection = client;
            int count = 0;
            try
            {
                for (; ; count++)
                {
                    if (count % keys.Length == 0)
                    {
                        await client.SendAsync(requests);
                    }

                    string reply = await client.ReadLineAsync();
                    if (!string.Equals(reply, replies[count % replies.Length], StringComparison.Ordinal))
                    {
                        throw new InvalidDataException($"Reply {count} is '{reply}'.");
                    }

                    if (count == BusyAfter)
                    {
                        _busy.SetResult();
                    }
                }
            }
            catch (SocketException)
            {
                // The server has closed between two replies, and this was sent too late.
            }
            catch (EndOfStreamException end)
            {
                Assert.That(end.Message, Does.Contain("closed after 0 bytes of a line"), "the last reply is torn");
            }
            finally
            {
                _busy.TrySetResult();
            }

            return count;
        }
    }
}
