using System.Buffers;
using KvTcp.Client;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Client;

/// <summary>The largest value, many keys at once, and an end in the middle of it all.</summary>
public sealed class LargeAndManyTests
{
    [Test]
    public async Task Value_of_1_MiB_arrives_whole_between_others()
    {
        await using RunningServer server = await RunningServer.StartAsync(data: TestDataset.WithLengths(1024 * 1024, 10));
        await using KvClient client = await KvClient.ConnectAsync(new KvClientOptions { Servers = [KvClientTests.Address(server)] });
        Task<byte[]?>[] requests = [.. Enumerable.Range(0, 40).Select(i => client.GetAsync(TestDataset.Key(i % 2)).AsTask())];
        for (int i = 0; i < requests.Length; i++)
        {
            Assert.That((await requests[i]).AsSpan().SequenceEqual(server.Data.Pairs[TestDataset.Key(i % 2)]), Is.True, $"request {i}");
        }

        ArrayBufferWriter<byte> copy = new();
        Assert.That(await client.GetAsync(TestDataset.Key(0), copy), Is.True);
        Assert.That(copy.WrittenSpan.SequenceEqual(server.Data.Pairs[TestDataset.Key(0)]), Is.True);
    }

    [TestCase(1, 1771, Description = "the most keys that a line holds")]
    [TestCase(3, 100, Description = "a thousand requests over several connections")]
    public async Task GetMany_of_100_000_keys_gives_each_its_value(int connections, int keysPerRequest)
    {
        const int Count = 100_000;
        await using RunningServer server = await RunningServer.StartAsync(
            data: TestDataset.WithLengths(Enumerable.Range(0, Count).Select(static i => i % 50)));
        await using KvClient client = await KvClient.ConnectAsync(new KvClientOptions
        {
            Servers = [KvClientTests.Address(server)],
            ConnectionsPerServer = connections,
            MaxKeysPerRequest = keysPerRequest,
            RequestTimeout = Patience.Limit,
        });
        Guid[] keys = [.. Enumerable.Range(0, Count).Select(static i => i % 7 == 3 ? TestDataset.Missing(i) : TestDataset.Key(Count - 1 - i))];
        byte[]?[] values = await client.GetManyAsync(keys);
        int wrong = Enumerable.Range(0, Count).Count(i => !values[i].AsSpan().SequenceEqual(server.Data.Pairs.GetValueOrDefault(keys[i])));
        Assert.That(values, Has.Length.EqualTo(Count));
        Assert.That(wrong, Is.Zero);
        Assert.That(values.Count(static value => value is null), Is.EqualTo(keys.Count(key => !server.Data.Pairs.ContainsKey(key))));
        Assert.That(await client.ExistsAsync(keys), Is.EqualTo(values.Count(static value => value is not null)));
    }

    [Test]
    public async Task Disposal_under_load_completes_every_request_and_closes_every_connection()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        KvClient client = await KvClient.ConnectAsync(new KvClientOptions { Servers = [KvClientTests.Address(server)], ConnectionsPerServer = 4 });
        using SemaphoreSlim answered = new(0);
        Task<int>[] callers = [.. Enumerable.Range(0, 200).Select(_ => Task.Run(async () =>
        {
            for (int count = 0; ; count++)
            {
                try
                {
                    Assert.That(await client.GetAsync(TestDataset.Key(count % 6)), Is.EqualTo(server.Data.Pairs[TestDataset.Key(count % 6)]));
                    answered.Release();
                }
                catch (ObjectDisposedException)
                {
                    return count;
                }
            }
        }))];
        for (int i = 0; i < 10_000; i++)
        {
            await answered.WaitAsync();
        }

        await Task.WhenAll(client.DisposeAsync().AsTask(), client.DisposeAsync().AsTask()).WaitAsync(Patience.Limit);
        Assert.That((await Task.WhenAll(callers).WaitAsync(Patience.Limit)).Sum(), Is.GreaterThanOrEqualTo(10_000));
        Assert.That(async () => await client.GetAsync(TestDataset.Key(0)), Throws.TypeOf<ObjectDisposedException>());
        await server.CountsAsync("connections_open", 1);
    }

    [Test]
    public async Task Disposal_ends_requests_that_no_server_answers()
    {
        using ScriptedServer server = new();
        (KvClient client, LineClient connection) = await server.ConnectAsync(server.Options with { MaxRequestsInFlight = 2 });
        Task<byte[]?>[] requests = [.. Enumerable.Range(0, 5).Select(i => client.GetAsync(TestDataset.Key(i)).AsTask())];
        await connection.ReadLinesAsync(2);
        await client.DisposeAsync().AsTask().WaitAsync(Patience.Limit);
        foreach (Task<byte[]?> request in requests)
        {
            Assert.That(async () => await request.WaitAsync(Patience.Limit), Throws.TypeOf<ObjectDisposedException>());
        }
    }
}
