using System.Net.Sockets;
using FsCheck;
using FsCheck.Fluent;
using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

public class ManyConnectionsTests(TransportKind transport) : EveryTransport(transport)
{
    private const int Connections = 100;
    private const int Rounds = 10;

    private static readonly int[] Lengths = [0, 1, 10, 40, 100, 1_000, 5_000, 70_000];

    [Test]
    public async Task Hundred_connections_with_random_requests_each_get_their_own_replies_while_others_misbehave()
    {
        await using RunningServer server = await StartAsync(data: TestDataset.WithLengths(Lengths));
        Gen<RequestStream> streams = new RequestStreams(Lengths.Length).Arbitrary(mostLines: 30).Generator;
        RequestStream[][] work = [.. streams.Sample(30, Connections * Rounds).Chunk(Rounds)];
        using CancellationTokenSource done = new();
        Task[] misbehaving = [.. Enumerable.Range(0, 4).Select(i => Task.Run(() => MisbehaveAsync(server, i, done.Token)))];
        Task[] asking = [.. work.Select((mine, i) => Task.Run(() => AskAsync(server, mine, i)))];
        await Task.WhenAll(asking).WaitAsync(2 * Patience.Limit);
        await done.CancelAsync();
        await Task.WhenAll(misbehaving).WaitAsync(Patience.Limit);

        await server.CountsAsync("connections_open", 1);
    }

    private static async Task AskAsync(RunningServer server, RequestStream[] streams, int seed)
    {
        LineClient? client = null;
        for (int i = 0; i < streams.Length; i++)
        {
            // A stream that does not close leaves the connection to the next; only the last one ends it.
            bool isLast = i == streams.Length - 1;
            RequestStream stream = isLast ? streams[i] : new RequestStream([.. streams[i].Lines.SkipLast(1), "PING\n"]);
            byte[] bytes = stream.Bytes;
            if (bytes is [0x16, ..])
            {
                // Where a connection starts so, but nowhere else, this is TLS.
                client?.Dispose();
                client = null;
            }

            client ??= await server.ConnectAsync();
            ModelAnswer expected = ProtocolModel.Answer(server.Data, new ServerOptions(), bytes, ends: isLast);
            Task sending = SendAsync(client, bytes, seed + i, isLast);
            string replies = isLast || expected.Closes
                ? (await client.ReadToEndAsync()).Text
                : await client.ReadLinesAsync(expected.Replies.Count(static c => c == '\n'));
            await sending;
            Assert.That(ProtocolModel.WithoutErrorTexts(replies), Is.EqualTo(expected.Replies), $"connection {seed}, round {i}");
            if (expected.Closes)
            {
                client.Dispose();
                client = null;
            }
        }

        client?.Dispose();
    }

    private static async Task SendAsync(LineClient client, byte[] bytes, int seed, bool ends)
    {
        try
        {
            foreach (byte[] piece in StreamCut.AtRandom(bytes, seed, largest: 500))
            {
                await client.SendAsync(piece);
            }

            if (ends)
            {
                client.EndSending();
            }
        }
        catch (SocketException)
        {
            // The stream closes before its end, and the server may have closed already.
        }
    }

    private static async Task MisbehaveAsync(RunningServer server, int seed, CancellationToken done)
    {
        Random random = new(seed);
        byte[] garbage = new byte[3_000];
        while (!done.IsCancellationRequested)
        {
            using LineClient client = await server.ConnectAsync();
            try
            {
                switch (random.Next(4))
                {
                    case 0:
                        break;
                    case 1:
                        random.NextBytes(garbage);
                        await client.SendAsync(garbage);
                        break;
                    case 2:
                        await client.SendAsync(string.Concat(Enumerable.Repeat($"GET {TestDataset.Key(7)}\n", 100)));
                        break;
                    default:
                        await client.SendAsync("MGET x");
                        break;
                }
            }
            catch (SocketException)
            {
                // Garbage may look like TLS or HTTP, which closes at once.
            }

            client.Reset();
        }
    }
}
