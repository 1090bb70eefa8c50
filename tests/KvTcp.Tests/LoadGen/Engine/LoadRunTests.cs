using System.Net;
using System.Net.Sockets;
using KvTcp.LoadGen;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Engine;

/// <summary>Runs against a server that behaves.</summary>
public sealed class LoadRunTests
{
    [TestCase(1, 1, 1, null)]
    [TestCase(2, 16, 1, null)]
    [TestCase(3, 5, 7, null)]
    [TestCase(1, 5000, 1, null, Description = "deeper than what is sent at once")]
    [TestCase(1, 4, 1, 100_000.0)]
    [TestCase(2, 1, 3, 20_000.0)]
    public async Task Run_with_a_count_sends_exactly_as_many(int threads, int depth, int keysPerRequest, double? rate)
    {
        await using LoadedServer server = await LoadedServer.StartAsync();
        LoadResult result = await server.RunAsync(
            server.Plan with { Count = 2003, Threads = threads, Depth = depth, KeysPerRequest = keysPerRequest, Rate = rate });
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Counts, Is.EqualTo(new LoadCounts(2003, 2003 * keysPerRequest, 0, 0, 0, 0, 0)));
            Assert.That(result.Latency.Count, Is.EqualTo(2003));
            Assert.That(result.SendDelay?.Count, Is.EqualTo(rate is null ? null : 2003L));
            Assert.That(await server.StatAsync("key_hits"), Is.EqualTo(2003 * keysPerRequest));
            Assert.That(result.Elapsed, Is.GreaterThan(TimeSpan.Zero));
            Assert.That(result.GeneratorCpu, Is.GreaterThan(TimeSpan.Zero));
        }
    }

    [Test]
    public async Task More_connections_than_are_made_at_once_are_all_made()
    {
        await using LoadedServer server = await LoadedServer.StartAsync();
        LoadPlan plan = server.Plan with { Connections = 150, Threads = 2, Count = 3000 };
        Assert.That((await server.RunAsync(plan)).Counts.Hits, Is.EqualTo(3000));

        // One more for each time that STATS is asked.
        Assert.That(await server.StatAsync("connections_accepted"), Is.EqualTo(151));
    }

    [Test]
    public async Task Run_counts_hits_and_misses_as_the_server_does()
    {
        await using LoadedServer server = await LoadedServer.StartAsync();
        LoadPlan plan = server.Plan with { Count = 2000, Depth = 8, Keys = new KeyChoice(0.3), Verify = true };
        LoadCounts counts = (await server.RunAsync(plan)).Counts;
        Assert.That(
            (counts.Hits, counts.Misses, counts.Mismatches),
            Is.EqualTo((await server.StatAsync("key_hits"), await server.StatAsync("key_misses"), 0L)));
        Assert.That(counts.Hits + counts.Misses, Is.EqualTo(2000));
    }

    [Test]
    public async Task Warm_up_is_sent_and_not_counted()
    {
        await using LoadedServer server = await LoadedServer.StartAsync();
        LoadCounts counts = (await server.RunAsync(server.Plan with { Count = 100, WarmUp = TimeSpan.FromMilliseconds(100) })).Counts;
        Assert.That((counts.Requests, counts.Hits), Is.EqualTo((100L, 100L)));
        Assert.That(await server.StatAsync("key_hits"), Is.GreaterThan(100));
    }

    [Test]
    public async Task Values_of_a_mebibyte_arrive_as_they_are()
    {
        await using LoadedServer server = await LoadedServer.StartAsync(TestDataset.WithLengths(1 << 20, 1, (1 << 20) - 1));
        LoadCounts counts = (await server.RunAsync(server.Plan with { Count = 60, Depth = 4, Verify = true })).Counts;
        Assert.That(counts, Is.EqualTo(new LoadCounts(60, 60, 0, 0, 0, 0, 0)));
    }

    [Test]
    public async Task More_requests_than_the_sockets_hold_are_sent_when_the_server_takes_them()
    {
        // 256 requests of 64 KiB are more than the buffers of both sides of a connection.
        await using LoadedServer server = await LoadedServer.StartAsync();
        LoadPlan plan = server.Plan with { Count = 300, Depth = 256, Connections = 1, KeysPerRequest = 1771, Verify = true };
        Assert.That((await server.RunAsync(plan)).Counts, Is.EqualTo(new LoadCounts(300, 300 * 1771, 0, 0, 0, 0, 0)));
    }

    [Test]
    public async Task A_Unix_socket_is_driven_too()
    {
        using TemporaryDirectory directory = new();
        await using LoadedServer server = await LoadedServer.StartAsync(null, $"unix:{directory.PathOf("s")}");
        Assert.That((await server.RunAsync(server.Plan with { Count = 50 })).Counts.Hits, Is.EqualTo(50));
    }

    [Test]
    public async Task Every_second_is_told_as_it_ends_and_all_of_them_add_up()
    {
        await using LoadedServer server = await LoadedServer.StartAsync();
        List<LoadInterval> told = [];
        LoadPlan plan = server.Plan with { Duration = TimeSpan.FromSeconds(2.2), Threads = 2, Rate = 500 };
        LoadResult result = await LoadRuns.RunAsync(plan, server.Keys, told.Add);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Elapsed, Is.EqualTo(plan.Duration));
            Assert.That(result.Intervals.Select(static second => second.Start.TotalSeconds), Is.EqualTo([0.0, 1.0, 2.0]));
            Assert.That(result.Intervals.Select(static second => second.Length.TotalSeconds), Is.EqualTo([1, 1, 0.2]).Within(1e-6));
            Assert.That(told, Is.EqualTo(result.Intervals));
            Assert.That(result.Intervals.Sum(static second => second.Requests), Is.EqualTo(result.Counts.Requests));
            Assert.That(result.Counts.Requests + result.Counts.Unsent, Is.EqualTo(1100));
            Assert.That(result.RequestsPerSecond, Is.EqualTo((result.Counts.Requests - result.LateReplies) / 2.2).Within(0.01));
        }
    }

    [Test]
    public async Task Cancellation_ends_the_run_with_what_was_measured()
    {
        await using LoadedServer server = await LoadedServer.StartAsync();
        using CancellationTokenSource stop = new();
        LoadPlan plan = server.Plan with { Duration = TimeSpan.FromHours(1) };
        LoadResult result = await LoadRuns.RunAsync(plan, server.Keys, _ => stop.Cancel(), stop.Token);
        Assert.That(result.Counts.Requests, Is.GreaterThan(0));
        Assert.That(result.Elapsed, Is.InRange(TimeSpan.FromSeconds(1), Patience.Limit));
    }

    [Test]
    public async Task Cancellation_in_the_warm_up_measures_nothing()
    {
        await using LoadedServer server = await LoadedServer.StartAsync();
        LoadPlan plan = server.Plan with { WarmUp = TimeSpan.FromHours(1) };
        LoadResult result = await LoadRuns.RunAsync(plan, server.Keys, null, new CancellationToken(canceled: true));
        Assert.That((result.Counts, result.Elapsed, result.RequestsPerSecond), Is.EqualTo((default(LoadCounts), TimeSpan.Zero, 0.0)));
    }

    [Test]
    public async Task A_server_that_is_not_there_is_the_systems_error()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        LoadPlan plan = LoadRuns.PlanFor(listener.LocalEndpoint);
        listener.Stop();
        using TemporaryDirectory directory = new();
        using KeyFile keys = LoadRuns.WriteKeys(directory, $"{TestDataset.Key(1)} v\n");
        Assert.That(
            async () => await LoadRuns.RunAsync(plan with { Threads = 2 }, keys),
            Throws.InstanceOf<SocketException>().With.Message.EqualTo("Connection refused"));
    }

    [Test]
    public async Task A_server_that_does_not_accept_is_given_up_after_the_timeout()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start(backlog: 0);
        using TemporaryDirectory directory = new();
        using KeyFile keys = LoadRuns.WriteKeys(directory, $"{TestDataset.Key(1)} v\n");
        LoadPlan plan = LoadRuns.PlanFor(listener.LocalEndpoint) with { Connections = 20, Timeout = TimeSpan.FromMilliseconds(100) };
        Assert.That(
            async () => await LoadRuns.RunAsync(plan, keys),
            Throws.InstanceOf<SocketException>().With.Message.EqualTo("Connection timed out"));
    }

    [Test]
    public async Task Cancellation_ends_connecting()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start(backlog: 0);
        using TemporaryDirectory directory = new();
        using KeyFile keys = LoadRuns.WriteKeys(directory, $"{TestDataset.Key(1)} v\n");
        LoadPlan plan = LoadRuns.PlanFor(listener.LocalEndpoint) with { Connections = 20, Timeout = TimeSpan.FromHours(1) };
        using CancellationTokenSource stop = new(TimeSpan.FromMilliseconds(100));
        Assert.That((await LoadRuns.RunAsync(plan, keys, null, stop.Token)).Counts, Is.EqualTo(default(LoadCounts)));
    }
}
