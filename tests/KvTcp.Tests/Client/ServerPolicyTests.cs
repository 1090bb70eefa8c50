using KvTcp.Client;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Client;

/// <summary>Several servers.</summary>
public sealed class ServerPolicyTests
{
    [Test]
    public async Task FailOver_uses_the_first_server_that_accepts_and_the_next_when_it_goes()
    {
        ScriptedServer away = new();
        away.Dispose();
        RunningServer first = await RunningServer.StartAsync(data: TestDataset.WithValues("first"));
        await using RunningServer second = await RunningServer.StartAsync(data: TestDataset.WithValues("second"));
        await using KvClient client = await KvClient.ConnectAsync(ScriptedServer.Fast with
        {
            Servers = [away.Address, KvClientTests.Address(first), KvClientTests.Address(second)],
            ConnectionsPerServer = 2,
        });
        Assert.That(await client.GetStringAsync(TestDataset.Key(0)), Is.EqualTo("first"));
        await first.DisposeAsync();

        // No request is lost on the way: connections that worked are replaced while requests wait.
        Assert.That(await client.GetStringAsync(TestDataset.Key(0)), Is.EqualTo("second"));
    }

    [Test]
    public async Task Spread_uses_all_servers_in_turn_and_leaves_out_one_that_is_away()
    {
        RunningServer first = await RunningServer.StartAsync(data: TestDataset.WithValues("first"));
        await using RunningServer second = await RunningServer.StartAsync(data: TestDataset.WithValues("second"));
        await using KvClient client = await KvClient.ConnectAsync(ScriptedServer.Fast with
        {
            Servers = [KvClientTests.Address(first), KvClientTests.Address(second)],
            Policy = KvServerPolicy.Spread,
        });
        await Patience.UntilAsync(
            async () => (await TenAsync(client)).Distinct(StringComparer.Ordinal).Count() == 2, "both connections stand");
        Assert.That((await TenAsync(client)).Count(static value => value is "first"), Is.EqualTo(5));

        await first.DisposeAsync();
        Assert.That(await TenAsync(client), Is.All.EqualTo("second"));
    }

    [Test]
    public async Task Requests_wait_for_whichever_server_answers_first()
    {
        using ScriptedServer silent = new();
        using ScriptedServer there = new();
        await using KvClient client = KvClient.Start(ScriptedServer.Fast with
        {
            Servers = [silent.Address, there.Address],
            Policy = KvServerPolicy.Spread,

            // Without its reply a connection does not stand.
            AuthToken = "s3cret",
        });
        Task<string?>[] requests = [.. Enumerable.Range(0, 6).Select(i => client.GetStringAsync(TestDataset.Key(i)).AsTask())];
        using LineClient connection = await there.AcceptAsync();
        await connection.ReadLineAsync();
        await connection.SendAsync("OK\n");
        for (int i = 0; i < requests.Length; i++)
        {
            Assert.That(await connection.ReadLineAsync(), Is.EqualTo($"GET {TestDataset.Key(i)}"));
            await connection.SendAsync($"OK {i}\n");
            Assert.That(await requests[i], Is.EqualTo($"{i}"));
        }
    }

    [Test]
    public async Task Connect_needs_one_server_of_several()
    {
        ScriptedServer away = new();
        away.Dispose();
        await using RunningServer there = await RunningServer.StartAsync();
        await using KvClient client = await KvClient.ConnectAsync(ScriptedServer.Fast with
        {
            Servers = [away.Address, KvClientTests.Address(there)],
            Policy = KvServerPolicy.Spread,
        });
        Assert.That(await client.CountAsync(), Is.EqualTo(there.Data.Pairs.Count));
    }

    private static async Task<string?[]> TenAsync(KvClient client)
    {
        string?[] values = new string?[10];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = await client.GetStringAsync(TestDataset.Key(0));
        }

        return values;
    }
}
