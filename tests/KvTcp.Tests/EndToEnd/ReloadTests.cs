using KvTcp.Server;
using KvTcp.Store;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>RELOAD and ROLLBACK over connections, and what the others see of them.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ReloadTests
{
    private const int MiB = 1 << 20;
    private const string Token = "correct-horse";

    private static string Get => $"GET {TestDataset.Key(0)}";

    [Test]
    public async Task Reload_over_a_unix_socket_is_answered_when_it_is_done()
    {
        ScriptedSource source = new() { Text = ScriptedSource.Pairs("one") };
        await using ReloadingServer server = await ReloadingServer.StartAsync([source]);
        using LineClient client = await server.ConnectUnixAsync();
        source.Text = ScriptedSource.Pairs("two");

        // All in one read: what comes before the reload is answered from the old dataset, what follows it from the new one.
        await client.SendAsync($"{Get}\nRELOAD\n{Get}\nCOUNT\nROLLBACK\n{Get}\nROLLBACK\nPING\n");
        Assert.That(await client.ReadLineAsync(), Is.EqualTo("OK one"));
        string second = await client.ReadLineAsync();
        Assert.That(second, Does.Match("^OK [0-9a-f]{16}$"));
        Assert.That(await client.ReadLinesAsync(2), Is.EqualTo("OK two\nOK 1\n"));
        string first = await client.ReadLineAsync();
        Assert.That(first, Does.Match("^OK [0-9a-f]{16}$").And.Not.EqualTo(second));
        Assert.That(await client.ReadLineAsync(), Is.EqualTo("OK one"));
        Assert.That(await client.ReadLineAsync(), Is.EqualTo("ERR REFUSED there is no previous dataset to return to"));
        Assert.That(await client.ReadLineAsync(), Is.EqualTo("OK PONG"));
    }

    [Test]
    public async Task Refused_reload_says_why_and_the_connection_goes_on()
    {
        ScriptedSource source = new() { Text = ScriptedSource.Pairs("one") };
        await using ReloadingServer server = await ReloadingServer.StartAsync([source]);
        using LineClient client = await server.ConnectUnixAsync();
        source.Text = "bad\n";
        Assert.That(await client.AskAsync("RELOAD"), Does.StartWith("ERR REFUSED scripted:1: "));
        Assert.That(await client.AskAsync(Get), Is.EqualTo("OK one"));
        IReadOnlyDictionary<string, string> stats = await client.StatsAsync();
        Assert.That((stats["reload_last_result"], stats["reloads_refused"]), Is.EqualTo(("refused", "1")));
        Assert.That(stats["reload_last_reason"], Does.StartWith("scripted:1: "));
        Assert.That(await client.AskAsync("VERSION"), Does.EndWith(" reload=refused"));
    }

    [Test]
    public async Task Reload_is_refused_over_tcp_without_a_token([Values("RELOAD", "ROLLBACK")] string request)
    {
        await using ReloadingServer server = await ReloadingServer.StartAsync([new ScriptedSource { Text = ScriptedSource.Pairs("one") }]);
        using LineClient client = await server.ConnectAsync();
        Assert.That(await client.AskAsync(request), Does.StartWith("ERR REFUSED only over a Unix socket"));
        Assert.That(await client.AskAsync("AUTH x"), Does.StartWith("ERR REFUSED "));
        Assert.That(await client.AskAsync(Get), Is.EqualTo("OK one"));
    }

    [Test]
    public async Task Reload_is_done_over_tcp_after_auth_and_over_a_unix_socket_without()
    {
        await using ReloadingServer server = await ReloadingServer.StartAsync(
            [new ScriptedSource { Text = ScriptedSource.Pairs("one") }], new ServerOptions { AuthToken = new TokenGuard(AuthToken.TryCreate(Token)!) });
        using LineClient tcp = await server.ConnectAsync();
        Assert.That(await tcp.AskAsync("RELOAD"), Does.StartWith("ERR NOAUTH "));
        Assert.That(await tcp.AskAsync($"AUTH {Token}"), Is.EqualTo("OK"));
        Assert.That(await tcp.AskAsync("RELOAD"), Does.StartWith("OK "));
        using LineClient unix = await server.ConnectUnixAsync();
        Assert.That(await unix.AskAsync(Get), Is.EqualTo("OK one"));
        Assert.That(await unix.AskAsync("RELOAD"), Does.StartWith("OK "));
    }

    [Test]
    public async Task Other_connections_are_answered_while_a_reload_runs_and_no_deadline_ends_the_wait()
    {
        ScriptedSource source = new() { Text = ScriptedSource.Pairs("one") };
        ServerOptions impatient = new() { IdleTimeout = TimeSpan.FromMilliseconds(100), FirstRequestTimeout = TimeSpan.FromMilliseconds(100) };
        await using ReloadingServer server = await ReloadingServer.StartAsync([source], impatient);
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        source.OnFetch = cancellationToken => gate.Task.WaitAsync(cancellationToken);
        source.Text = ScriptedSource.Pairs("two");
        using LineClient waiting = await server.ConnectUnixAsync();
        await waiting.SendAsync($"RELOAD\n{Get}\n");
        await Patience.UntilAsync(() => Task.FromResult(server.Reloader.State.IsRunning), "the reload has begun");

        // A connection that does nothing is closed meanwhile; so the deadlines were looked at more than once.
        for (int i = 0; i < 2; i++)
        {
            using LineClient idle = await server.ConnectAsync();
            Assert.That(await idle.AskAsync(Get), Is.EqualTo("OK one"));
            Assert.That((await idle.ReadToEndAsync()).End, Is.EqualTo(ConnectionEnd.Closed));
        }

        gate.SetResult();
        Assert.That(await waiting.ReadLineAsync(), Does.StartWith("OK "));
        Assert.That(await waiting.ReadLineAsync(), Is.EqualTo("OK two"));
    }

    [Test]
    public async Task Client_that_leaves_does_not_end_its_reload()
    {
        ScriptedSource source = new() { Text = ScriptedSource.Pairs("one") };
        await using ReloadingServer server = await ReloadingServer.StartAsync([source]);
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        source.OnFetch = cancellationToken => gate.Task.WaitAsync(cancellationToken);
        source.Text = ScriptedSource.Pairs("two");
        using (LineClient client = await server.ConnectUnixAsync())
        {
            await client.SendAsync("RELOAD\n");
            await Patience.UntilAsync(() => Task.FromResult(server.Reloader.State.IsRunning), "the reload has begun");
            client.Reset();
        }

        gate.SetResult();
        await Patience.UntilAsync(() => Task.FromResult(server.Value(0) is "two"), "the new dataset is served");
    }

    [Test]
    public async Task Stop_refuses_the_reload_that_a_client_waits_for_and_closes()
    {
        ScriptedSource source = new() { Text = ScriptedSource.Pairs("one") };
        await using ReloadingServer server = await ReloadingServer.StartAsync([source]);
        source.OnFetch = static cancellationToken => Task.Delay(Timeout.Infinite, cancellationToken);
        using LineClient client = await server.ConnectUnixAsync();
        await client.SendAsync("RELOAD\n");
        await Patience.UntilAsync(() => Task.FromResult(server.Reloader.State.IsRunning), "the reload has begun");
        Task reloads = server.Reloader.StopAsync();
        await server.Server.StopAsync().WaitAsync(Patience.Limit);
        await reloads.WaitAsync(Patience.Limit);
        Assert.That(await client.ReadToEndAsync(), Is.EqualTo(("ERR REFUSED the server is stopping\n", ConnectionEnd.Closed)));
    }

    [Test]
    public async Task While_nothing_is_loaded_requests_get_LOADING()
    {
        using DatasetHolder nothing = new();
        using RecordedLog log = new();
        await using KvServer server = await KvServer.StartAsync(
            new ServerOptions { Listen = [RunningServer.Address("127.0.0.1:0")] }, nothing, reloader: null, log);
        using LineClient client = await LineClient.ConnectAsync(server.EndPoints[0]);
        string key = TestDataset.Key(0).ToString();
        string many = string.Concat(Enumerable.Repeat($"{Get}\n", 1000));
        await client.SendAsync($"{many}GET{new string(' ', 200)}{key}\nMGET {key} {key}\nEXISTS {key}\nCOUNT\nGET x\nPING\n");
        for (int i = 0; i < 1004; i++)
        {
            Assert.That(await client.ReadLineAsync(), Does.StartWith("ERR LOADING "), $"request {i}");
        }

        Assert.That(await client.ReadLineAsync(), Does.StartWith("ERR BAD_KEY "));
        Assert.That(await client.ReadLineAsync(), Is.EqualTo("OK PONG"));
        Assert.That(await client.AskAsync("VERSION"), Does.EndWith(" dataset=none keys=0 loaded=none reload=none"));
        IReadOnlyDictionary<string, string> stats = await client.StatsAsync();
        Assert.That((stats["dataset_id"], stats["dataset_keys"], stats["dataset_index_bytes"]), Is.EqualTo(("none", "0", "0")));
        Assert.That(stats["request_errors"], Is.EqualTo("1004"));
    }

    [Test]
    public async Task Idle_connections_do_not_keep_an_old_dataset_in_memory()
    {
        ScriptedSource source = new() { Text = ScriptedSource.Pairs("one") };
        await using ReloadingServer server = await ReloadingServer.StartAsync([source]);
        using LineClient idle = await server.ConnectAsync();
        Assert.That(await idle.AskAsync(Get), Is.EqualTo("OK one"));
        Dataset first = await ReplaceTwiceAsync(server, source);
        await Patience.UntilAsync(() => Task.FromResult(first.IsFreed), "the memory is given back");
        Assert.That(await idle.AskAsync(Get), Is.EqualTo("OK three"));
    }

    [TestCase("GET", Description = "a batch of GETs, in one read")]
    [TestCase("MGET")]
    public async Task Reply_under_way_goes_on_from_its_dataset_after_that_was_replaced(string command)
    {
        string[] values = [.. Enumerable.Range(0, 16).Select(static i => new string((char)('a' + i), MiB))];
        ScriptedSource source = new() { Text = ScriptedSource.Pairs(values) };
        await using ReloadingServer server = await ReloadingServer.StartAsync([source], reload: new ReloadOptions { MaxShrink = 1 });
        using LineClient client = await LineClient.ConnectAsync(server.Tcp, bufferSize: 4096);
        Guid[] keys = [.. Enumerable.Range(0, values.Length).Select(TestDataset.Key)];
        await client.SendAsync(command is "GET" ? string.Concat(keys.Select(static key => $"GET {key}\n")) : $"MGET {string.Join(' ', keys)}\n");
        Assert.That(await client.ReadLineAsync(), Does.StartWith(command is "GET" ? "OK aaa" : "LINES 16"));

        Dataset first = await ReplaceTwiceAsync(server, source);
        Assert.That(first.IsFreed, Is.False, "the reply needs it");
        foreach (string value in command is "GET" ? values[1..] : values)
        {
            string line = await client.ReadLineAsync();
            Assert.That(string.Equals(line, $"OK {value}", StringComparison.Ordinal), $"{line[..5]}... is {value[0]}");
        }

        await Patience.UntilAsync(() => Task.FromResult(first.IsFreed), "the memory is given back");
        Assert.That(await client.AskAsync(Get), Is.EqualTo("OK three"));
    }

    [Test]
    public async Task Reply_that_is_taken_too_slowly_after_its_dataset_was_replaced_is_cut_off()
    {
        ScriptedSource source = new() { Text = ScriptedSource.Pairs(Enumerable.Repeat(new string('v', MiB), 16)) };
        ServerOptions options = new() { OldDatasetTimeout = TimeSpan.FromMilliseconds(500), UnreadReplyTimeout = TimeSpan.FromHours(1) };
        await using ReloadingServer server = await ReloadingServer.StartAsync([source], options, new ReloadOptions { MaxShrink = 1 });
        using LineClient client = await LineClient.ConnectAsync(server.Tcp, bufferSize: 4096);
        await client.SendAsync($"MGET {string.Join(' ', Enumerable.Range(0, 16).Select(TestDataset.Key))}\n");
        Assert.That(await client.ReadLineAsync(), Is.EqualTo("LINES 16"));
        Dataset first = await ReplaceTwiceAsync(server, source);
        await Patience.UntilAsync(() => Task.FromResult(first.IsFreed), "the memory is given back");
        Assert.That((await client.ReadToEndAsync()).End, Is.EqualTo(ConnectionEnd.Reset));
        using LineClient other = await server.ConnectAsync();
        Assert.That(await other.AskAsync(Get), Is.EqualTo("OK three"));
    }

    /// <summary>Replaces the dataset twice, so that it is not even kept for a rollback.</summary>
    /// <returns>The dataset that was replaced.</returns>
    private static async Task<Dataset> ReplaceTwiceAsync(ReloadingServer server, ScriptedSource source)
    {
        Dataset first = server.Datasets.Current!.Dataset;
        foreach (string value in new[] { "two", "three" })
        {
            source.Text = ScriptedSource.Pairs(value);
            Assert.That((await server.ReloadAsync()).Result, Is.EqualTo(ReloadResult.Done));
        }

        return first;
    }
}
