using System.Diagnostics;
using System.Globalization;
using System.Net;
using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>A client among many that misbehave. Its waits are measured, so nothing runs beside these.</summary>
/// <param name="transport">The transport of this run.</param>
[Alone]
public class CrowdTests(TransportKind transport) : EveryTransport(transport)
{
    private const int Misbehaving = 1_000;
    private const int ValueLength = 60_000;
    private const int MiB = 1 << 20;

    /// <summary>How often a percentile is taken: other programs on the machine can only add to it, so the least counts.</summary>
    private const int Rounds = 5;

    /// <summary>What the machine may add even so, whatever the server does: a turn of another program on its core.</summary>
    private static readonly TimeSpan Noise = TimeSpan.FromMilliseconds(4);

    private static string Key => TestDataset.Key(0).ToString();

    [Test]
    public async Task Clients_that_never_read_or_send_single_bytes_cost_others_little_and_memory_stays_flat()
    {
        using TemporaryDirectory directory = new();
        string data = directory.Write("a.data", $"{Key} {new string('v', ValueLength)}\n");
        (ProcessRun server, string address) = await KvTcpProgram.ServeAsync(
            "--data", data, "--transport", TransportName, "--first-request-timeout", "5m", "--unread-reply-timeout", "5m");
        using (server)
        {
            IPEndPoint endPoint = IPEndPoint.Parse(address);
            using LineClient client = await LineClient.ConnectAsync(endPoint);
            TimeSpan alone = await LeastP99Async(client, () => Task.CompletedTask);
            List<LineClient> slow = [];
            List<LineClient> unread = [];
            try
            {
                string requests = string.Concat(Enumerable.Repeat($"GET {Key}\n", 100));
                for (int i = 0; i < Misbehaving; i++)
                {
                    slow.Add(await LineClient.ConnectAsync(endPoint));
                    unread.Add(await LineClient.ConnectAsync(endPoint, bufferSize: 4096));
                    await unread[i].SendAsync(requests);
                }

                await Patience.UntilAsync(
                    async () => await BytesSentAsync(client) > (long)Misbehaving * ValueLength, "the server has answered each of those who do not read");
                long before = 0;
                await Patience.UntilAsync(
                    async () =>
                    {
                        before = server.AnonymousBytes();
                        long sent = await BytesSentAsync(client);
                        await P99Async(client, () => SendByteAsync(slow));
                        return server.AnonymousBytes() - before < MiB && await BytesSentAsync(client) - sent < MiB;
                    },
                    "the server has read what it reads of clients that do not");
                TimeSpan among = await LeastP99Async(client, () => SendByteAsync(slow));
                long growth = server.AnonymousBytes() - before;
                TestContext.Out.WriteLine($"p99 {alone.TotalMicroseconds} us alone, {among.TotalMicroseconds} us among others; {before / MiB} MiB, then {growth} bytes more");
                Assert.That(growth, Is.LessThan(16 * MiB));
                Assert.That(among, Is.LessThan(2 * alone + Noise));
            }
            finally
            {
                slow.ForEach(static client => client.Dispose());
                unread.ForEach(static client => client.Dispose());
            }
        }
    }

    private static async Task<long> BytesSentAsync(LineClient client) =>
        long.Parse((await client.StatsAsync())["bytes_sent"], CultureInfo.InvariantCulture);

    private static async Task<TimeSpan> LeastP99Async(LineClient client, Func<Task> beside)
    {
        TimeSpan least = TimeSpan.MaxValue;
        for (int i = 0; i < Rounds; i++)
        {
            TimeSpan p99 = await P99Async(client, beside);
            least = p99 < least ? p99 : least;
        }

        return least;
    }

    /// <summary>The longest wait but one in a hundred.</summary>
    private static async Task<TimeSpan> P99Async(LineClient client, Func<Task> beside)
    {
        const int Requests = 1_000;
        List<TimeSpan> waits = [];
        for (int i = 0; i < Requests; i++)
        {
            if (i % (Requests / 10) == 0)
            {
                await beside();
            }

            Stopwatch watch = Stopwatch.StartNew();
            Assert.That(await client.AskAsync($"EXISTS {Key}"), Is.EqualTo("OK 1"));
            waits.Add(watch.Elapsed);
        }

        waits.Sort();
        return waits[Requests * 99 / 100];
    }

    private static async Task SendByteAsync(List<LineClient> clients)
    {
        foreach (LineClient client in clients)
        {
            await client.SendAsync("G");
        }
    }
}
