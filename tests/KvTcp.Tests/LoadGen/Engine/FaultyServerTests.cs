using KvTcp.LoadGen;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Engine;

/// <summary>Runs against servers that close, are silent, or say what they must not.</summary>
public sealed class FaultyServerTests
{
    private TemporaryDirectory _directory = null!;
    private KeyFile _keys = null!;

    [SetUp]
    public void OpenKeys()
    {
        _directory = new TemporaryDirectory();
        _keys = LoadRuns.WriteKeys(_directory, $"{TestDataset.Key(1)} one\n{TestDataset.Key(2)} two\n");
    }

    [TearDown]
    public void CloseKeys()
    {
        _keys.Dispose();
        _directory.Dispose();
    }

    [Test]
    public async Task Requests_without_reply_time_out_one_by_one()
    {
        using StubServer server = StubServer.OfLines(static (_, _) => "");
        LoadCounts counts = await CountAsync(server, new() { Count = 3, Timeout = TimeSpan.FromMilliseconds(500) });
        Assert.That(counts, Is.EqualTo(new LoadCounts(0, 0, 0, 0, Timeouts: 3, 0, 0, Reconnects: 2)));
    }

    [Test]
    public async Task A_pipeline_without_replies_times_out_as_a_whole()
    {
        using StubServer server = StubServer.OfLines(static (_, _) => "");
        LoadCounts counts = await CountAsync(server, new() { Count = 8, Depth = 8, Timeout = TimeSpan.FromMilliseconds(500) });
        Assert.That(counts, Is.EqualTo(new LoadCounts(0, 0, 0, 0, Timeouts: 8, 0, 0)));
    }

    [Test]
    public async Task A_server_that_closes_loses_the_requests_in_flight_and_is_connected_again()
    {
        using StubServer server = StubServer.OfLines(static (_, number) => number < 5 ? "NOT_FOUND\n" : null);

        // Three connections with five replies and one lost request each, and a fourth with two replies.
        LoadCounts counts = await CountAsync(server, new() { Count = 20 });
        Assert.That(counts, Is.EqualTo(new LoadCounts(17, 0, 17, 0, 0, Lost: 3, 0, Reconnects: 3)));
    }

    [Test]
    public async Task A_reply_that_breaks_the_protocol_fails_its_connection_and_is_shown()
    {
        using StubServer server = StubServer.OfLines(static (_, number) => number == 0 ? "NOT_FOUND\n" : "hello\u001b[31m\n");
        LoadResult result = await RunAsync(server, new() { Count = 4 });
        Assert.That(result.Counts, Is.EqualTo(new LoadCounts(2, 0, 2, 0, 0, Lost: 2, 0, Reconnects: 1)));
        Assert.That(result.ErrorSamples, Is.EqualTo(["no reply of this protocol: 'hello?[31m'", "no reply of this protocol: 'hello?[31m'"]));
    }

    [Test]
    public async Task A_reply_that_nobody_asked_for_fails_its_connection()
    {
        using StubServer server = StubServer.OfLines(static (_, _) => "NOT_FOUND\nERR BUSY too many\n");
        LoadResult result = await RunAsync(server, new() { Count = 2 });
        Assert.That(result.Counts.Requests, Is.EqualTo(2));
        Assert.That(result.ErrorSamples, Has.Some.Contains("a reply without a request: 'ERR BUSY too many'"));
    }

    [Test]
    public async Task A_reply_that_does_not_end_fails_its_connection()
    {
        byte[] endless = new byte[1 << 20];
        using StubServer server = new(async stream =>
        {
            while (true)
            {
                await stream.WriteAsync(endless);
            }
        });
        LoadResult result = await RunAsync(server, new() { Count = 1 });
        Assert.That(result.Counts.Lost, Is.EqualTo(1));
        Assert.That(result.ErrorSamples, Has.One.Items.And.All.StartsWith("a reply that is too long to be one: '").And.All.EndsWith("(33554432 bytes)'"));
    }

    [Test]
    public async Task Errors_are_answers_and_counted_apart()
    {
        using StubServer server = StubServer.OfLines(static (_, number) => number % 2 == 0 ? "ERR NOAUTH who are you\n" : "OK one\n");
        LoadResult result = await RunAsync(server, new() { Count = 30 });
        Assert.That(result.Counts, Is.EqualTo(new LoadCounts(30, 15, 0, Errors: 15, 0, 0, 0)));
        Assert.That(result.ErrorSamples, Has.Count.EqualTo(10).And.All.EqualTo("ERR NOAUTH who are you"));
    }

    [Test]
    public async Task Errors_of_the_warm_up_are_neither_counted_nor_shown()
    {
        using StubServer server = StubServer.OfLines(static (_, number) => number == 0 ? "ERR BUSY starting\n" : "NOT_FOUND\n");
        LoadResult result = await RunAsync(server, new() { Count = 3, WarmUp = TimeSpan.FromSeconds(1) });
        Assert.That(result.Counts, Is.EqualTo(new LoadCounts(3, 0, 3, Errors: 0, 0, 0, 0)));
        Assert.That(result.ErrorSamples, Is.Empty);
    }

    [Test]
    public async Task An_error_among_several_keys_is_one_error()
    {
        using StubServer server = StubServer.OfLines(static (_, _) => "LINES 3\nOK a\nERR BAD_KEY x\nERR BAD_KEY y\n");
        LoadCounts counts = await CountAsync(server, new() { Count = 5, KeysPerRequest = 3 });
        Assert.That(counts, Is.EqualTo(new LoadCounts(5, 5, 0, Errors: 5, 0, 0, 0)));
    }

    [Test]
    public async Task A_server_that_stays_away_ends_the_run()
    {
        StubServer server = StubServer.OfLines(static (_, _) => "NOT_FOUND\n");
        LoadPlan plan = LoadRuns.PlanFor(server.EndPoint) with { Duration = TimeSpan.FromHours(1), Timeout = TimeSpan.FromMilliseconds(500) };
        LoadResult result = await LoadRuns.RunAsync(plan, _keys, _ => server.Dispose());
        Assert.That(result.InvalidReason, Is.EqualTo("the server could not be reached for 0.5 s (Connection refused), so the run ended early"));
        Assert.That(result.Elapsed, Is.InRange(TimeSpan.FromSeconds(1), Patience.Limit));
        Assert.That(result.Counts.Requests, Is.GreaterThan(0));
    }

    [Test]
    public async Task A_server_that_starts_again_is_loaded_again()
    {
        RunningServer server = await RunningServer.StartAsync();
        RunningServer? second = null;
        try
        {
            LoadPlan plan = LoadRuns.PlanFor(server.EndPoint) with { Duration = TimeSpan.FromSeconds(4) };
            TaskCompletionSource firstSecond = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Task<LoadResult> run = LoadRuns.RunAsync(plan, _keys, _ => firstSecond.TrySetResult());
            await firstSecond.Task.WaitAsync(Patience.Limit);
            string address = server.EndPoint.ToString()!;
            await server.DisposeAsync();
            second = await RunningServer.StartAsync(null, null, address);
            LoadResult result = await run;
            Assert.That(result.Counts.Reconnects, Is.GreaterThanOrEqualTo(plan.Connections));
            Assert.That(result.Intervals[^1].Requests, Is.GreaterThan(0));
            Assert.That(result.InvalidReason, Is.Null);
        }
        finally
        {
            await (second?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }

    private async Task<LoadCounts> CountAsync(StubServer server, PlanParts parts) => (await RunAsync(server, parts)).Counts;

    private Task<LoadResult> RunAsync(StubServer server, PlanParts parts) => LoadRuns.RunAsync(
        LoadRuns.PlanFor(server.EndPoint) with
        {
            Connections = 1,
            Count = parts.Count,
            Depth = parts.Depth,
            KeysPerRequest = parts.KeysPerRequest,
            WarmUp = parts.WarmUp,
            Timeout = parts.Timeout,
        },
        _keys);

    private sealed record PlanParts
    {
        public int Count { get; init; }

        public int Depth { get; init; } = 1;

        public int KeysPerRequest { get; init; } = 1;

        public TimeSpan WarmUp { get; init; }

        public TimeSpan Timeout { get; init; } = Patience.Limit;
    }
}
