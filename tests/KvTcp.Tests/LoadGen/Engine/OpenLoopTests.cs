using System.Diagnostics;
using System.Net;
using KvTcp.LoadGen;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Engine;

/// <summary>That an open loop leaves nothing out when the server stops for a while, and says so when it was itself that stopped.</summary>
[Alone]
public sealed class OpenLoopTests
{
    private const int Stop = 19;
    private const int Continue = 18;

    private TemporaryDirectory _directory = null!;
    private string _data = null!;

    [SetUp]
    public async Task GenerateData()
    {
        _directory = new TemporaryDirectory();
        _data = _directory.PathOf("some.data");
        await KvTcpProgram.RunAsync("generate", "--count", "1000", "-o", _data);
    }

    [TearDown]
    public void RemoveData() => _directory.Dispose();

    [Test]
    public async Task A_server_that_stops_for_one_second_of_ten_shows_in_p95_and_p99()
    {
        (ProcessRun server, string address) = await KvTcpProgram.ServeAsync("--data", _data);
        using ProcessRun running = server;
        using KeyFile keys = KeyFile.Open(_data);
        // Deep enough for all that is due in the second, so none of the wait is for room on a connection.
        LoadPlan plan = new()
        {
            Server = IPEndPoint.Parse(address),
            Depth = 32,
            WarmUp = TimeSpan.FromSeconds(1),
            Duration = TimeSpan.FromSeconds(10),
            Rate = 1000,
        };

        // The server is stopped from the end of the third second to the end of the fourth.
        LoadResult result = await LoadRuns.RunAsync(plan, keys, second =>
        {
            if (second.Start.TotalSeconds is 2 or 3)
            {
                server.Signal(second.Start.TotalSeconds is 2 ? Stop : Continue);
            }
        });
        using (Assert.EnterMultipleScope())
        {
            // A tenth of the requests waited between none and all of the second: p95 is about half a second, p99 nine tenths.
            Assert.That(result.Latency.Percentile(0.95), Is.InRange(TimeSpan.FromSeconds(0.3), TimeSpan.FromSeconds(1.5)));
            Assert.That(result.Latency.Percentile(0.99), Is.InRange(TimeSpan.FromSeconds(0.7), TimeSpan.FromSeconds(2)));
            Assert.That(result.Latency.Percentile(0.5), Is.LessThan(TimeSpan.FromSeconds(0.3)));
            Assert.That(result.Counts, Is.EqualTo(new LoadCounts(10_000, 10_000, 0, 0, 0, 0, 0)), "nothing is left out");
            Assert.That(result.SendDelay!.Percentile(0.95), Is.LessThan(TimeSpan.FromSeconds(0.3)), "it was the server that kept them waiting");
        }
    }

    [Test]
    public async Task A_generator_that_stops_for_a_second_calls_its_run_invalid()
    {
        (ProcessRun server, string address) = await KvTcpProgram.ServeAsync("--data", _data);
        using ProcessRun running = server;
        using LineClient client = await LineClient.ConnectAsync(IPEndPoint.Parse(address));
        using ProcessRun generator = ProcessRun.Start(
            LoadGenProgram.Path, ["--data", _data, "--server", address, "--rate", "1000", "--duration", "3s", "--warm-up", "0"]);
        await Patience.UntilAsync(async () => long.Parse((await client.StatsAsync())["key_hits"]) > 200, "the run is under way");
        generator.Signal(Stop);
        Stopwatch stopped = Stopwatch.StartNew();
        await Patience.UntilAsync(() => Task.FromResult(stopped.Elapsed > TimeSpan.FromSeconds(1)), "a second has passed");
        generator.Signal(Continue);
        ProcessResult result = await generator.EndAsync();
        result.AssertErrorOf("loadgen", 1, "the run is invalid");
        Assert.That(result.Output, Does.Contain("INVALID: the generator fell behind its own schedule").And.Contain("--rate"));
    }

    [Test]
    public async Task Requests_that_no_connection_has_room_for_are_the_servers_delay()
    {
        // Every reply waits for the end of the first second.
        TaskCompletionSource firstSecond = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using StubServer server = new(async stream =>
        {
            using StreamReader lines = new(stream);
            while (await lines.ReadLineAsync() is not null)
            {
                await firstSecond.Task;
                await stream.WriteAsync("NOT_FOUND\n"u8.ToArray());
            }
        });
        using KeyFile keys = KeyFile.Open(_data);
        LoadPlan plan = LoadRuns.PlanFor(server.EndPoint) with { Rate = 1000, Duration = TimeSpan.FromSeconds(2) };
        LoadResult result = await LoadRuns.RunAsync(plan, keys, _ => firstSecond.TrySetResult());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Counts.Requests + result.Counts.Unsent, Is.EqualTo(2000));
            Assert.That(result.Latency.Max, Is.GreaterThan(TimeSpan.FromSeconds(0.9)));
            Assert.That(result.Latency.Percentile(0.75), Is.InRange(TimeSpan.FromSeconds(0.3), TimeSpan.FromSeconds(1)));
            Assert.That(result.SendDelay!.Percentile(0.9), Is.LessThan(TimeSpan.FromSeconds(0.3)), "the generator was ready");
        }
    }

    [Test]
    public async Task Requests_that_are_still_waiting_at_the_end_are_unsent()
    {
        using StubServer server = StubServer.OfLines(static (_, _) => "");
        using KeyFile keys = KeyFile.Open(_data);
        LoadPlan plan = LoadRuns.PlanFor(server.EndPoint) with { Rate = 1000, Timeout = TimeSpan.FromSeconds(1) };
        LoadResult result = await LoadRuns.RunAsync(plan, keys);

        // Three connections take one request each of the 300 that are due.
        Assert.That(result.Counts, Is.EqualTo(new LoadCounts(0, 0, 0, 0, Timeouts: 3, 0, 0, 0, Unsent: 297)));
        Assert.That(RunValidity.OverloadIn(result.Counts), Does.StartWith("the server did not keep up: 300 of 300 requests have no latency"));
    }
}
