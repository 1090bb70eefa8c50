using System.Text.Json.Nodes;
using KvTcp.LoadGen;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Command;

/// <summary>Scenarios and sweeps against a server.</summary>
[TestFixture]
public class SessionTests
{
    private DrivenServer _server = null!;

    private static IEnumerable<string> Examples =>
        Directory.GetFiles(Repository.PathOf("tools/loadgen/examples")).Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    [SetUp]
    public async Task StartServerAsync() => _server = await DrivenServer.StartAsync();

    [TearDown]
    public async Task StopServerAsync() => await _server.DisposeAsync();

    [TestCaseSource(nameof(Examples))]
    public async Task Example_runs_when_it_is_shortened_and_is_documented(string name)
    {
        JsonNode scenario = JsonNode.Parse(Repository.ReadText($"tools/loadgen/examples/{name}"))!;
        JsonObject[] phases = [.. scenario["phases"]!.AsArray().Select(static phase => phase!.AsObject())];
        foreach (JsonObject phase in phases)
        {
            phase["warm-up"] = 0;
            phase[phase.ContainsKey("count") ? "count" : "duration"] = phase.ContainsKey("count") ? 500 : "100ms";
        }

        (ProcessResult result, ReportDocument report) = await _server.ReportAsync("--scenario", _server.Write(name, scenario.ToJsonString()), "--verify");

        // A busy machine may make an open loop invalid (1), which is no fault of the example.
        Assert.That(result.ExitCode, Is.Zero.Or.EqualTo(1), result.Error);
        Assert.That(report.Runs.Select(static run => run.Name), Is.EqualTo(phases.Select(static phase => (string)phase["name"]!)));
        Assert.That(report.Runs.Select(static run => run.Counts.Requests), Is.All.Positive);
        Assert.That(report.Runs.Sum(static run => run.Counts.Mismatches + run.Counts.Errors), Is.Zero);
        Assert.That(Repository.ReadText("docs/loadgen.md"), Does.Contain($"(../tools/loadgen/examples/{name})"));
        Assert.That((string?)scenario["description"], Is.Not.Empty);
    }

    [Test]
    public async Task Phases_run_one_after_another_as_they_say()
    {
        string file = _server.Write("s.json", """
            {"phases": [{"name": "a", "count": 30, "mget": 3}, {"name": "b", "count": 40, "depth": 2, "connections": 1, "misses": 1}]}
            """);
        (ProcessResult result, ReportDocument report) = await _server.ReportAsync("--scenario", file, "--warm-up", "0", "--connections", "4");

        Assert.That((result.ExitCode, report.Kind), Is.EqualTo((0, ReportKind.Scenario)), result.Error);
        Assert.That(report.Runs.Select(static run => (run.Plan.Connections, run.Plan.Depth, run.Counts.Hits, run.Counts.Misses)), Is.EqualTo([(4, 1, 90L, 0L), (1, 2, 0L, 40L)]));
        Assert.That(report.Runs[1].StartedAt, Is.GreaterThan(report.Runs[0].StartedAt));
    }

    [Test]
    public async Task Sweep_of_depths_reports_each()
    {
        (ProcessResult result, ReportDocument report) = await _server.ReportAsync("--sweep", "depth", "--depth", "4", "--count", "500", "--warm-up", "0");

        Assert.That((result.ExitCode, report.Kind), Is.EqualTo((0, ReportKind.DepthSweep)), result.Error);
        Assert.That(report.Runs.Select(static run => (run.Name, run.Plan.Depth)), Is.EqualTo([("depth 1", 1), ("depth 2", 2), ("depth 4", 4)]));
        Assert.That(result.Error, Does.Contain(report.Conclusion));
    }

    [Test]
    public async Task Sweep_of_rates_ends_with_a_capacity()
    {
        // One connection without a pipeline is slow enough to be reached soon.
        (ProcessResult result, ReportDocument report) = await _server.ReportAsync(
            "--sweep", "rate", "--rate", "1000", "--connections", "1", "--duration", "200ms", "--warm-up", "0");

        // A busy machine may make every step invalid (1).
        Assert.That(result.ExitCode, Is.Zero.Or.EqualTo(1), result.Error);
        Assert.That(report.Kind, Is.EqualTo(ReportKind.RateSweep));
        Assert.That(report.CapacityPerSecond, Is.Positive);
        Assert.That(report.Runs.Select(static run => run.Plan.Rate), Is.Ordered.And.Contains(report.CapacityPerSecond).And.Contains(1_000.0));
        Assert.That(report.Runs[^1].Plan.Rate, Is.GreaterThan(report.CapacityPerSecond), "it ends when a rate is too high");
        Assert.That(result.Error, Does.Contain(report.Conclusion));
    }

    [Test]
    public async Task Scenario_that_is_wrong_runs_nothing()
    {
        string file = _server.Write("s.json", """{"phases": [{"name": "a"}, {"name": "b\u001b[2J", "depth": "deep"}]}""");
        ProcessResult result = await LoadGenProgram.RunAsync([.. _server.Arguments, "--scenario", file]);

        Assert.That((result.ExitCode, result.Output), Is.EqualTo((65, "")));
        Assert.That(result.Error, Does.StartWith($"loadgen: {file}: phase 2 (b?[2J): depth: 'deep' is not a whole number"));
        Assert.That((await _server.Server.StatsAsync())["key_hits"], Is.EqualTo("0"));
    }

    [Test]
    public async Task Scenario_that_is_missing_is_named()
    {
        ProcessResult result = await LoadGenProgram.RunAsync([.. _server.Arguments, "--scenario", _server.PathOf("none.json")]);

        Assert.That(result.ExitCode, Is.EqualTo(66));
        Assert.That(result.Error, Does.StartWith($"loadgen: {_server.PathOf("none.json")} cannot be read"));
    }

    [Test]
    public async Task Server_that_goes_away_ends_the_scenario_with_what_was_measured()
    {
        // The second phase finds no server, so the first must end; it has to last until the server is away.
        using ProcessRun run = StartTwoPhases("8s");
        await LoadIsUnderWayAsync();
        await _server.Server.Server.DisposeAsync();
        ProcessResult result = await run.EndAsync();

        Assert.That(result.ExitCode, Is.EqualTo(69), result.Error);
        Assert.That(result.Error, Does.Contain("loadgen: cannot connect to "));
        Assert.That(DrivenServer.Parse(result.Output).Runs.Select(static phase => phase.Name), Is.EqualTo(["one"]));
    }

    [Test]
    public async Task Interrupt_ends_the_scenario_with_what_was_measured()
    {
        using ProcessRun run = StartTwoPhases("1h");
        await LoadIsUnderWayAsync();
        run.Signal(2);
        ProcessResult result = await run.EndAsync();
        ReportDocument report = DrivenServer.Parse(result.Output);

        Assert.That(result.ExitCode, Is.EqualTo(130).Or.EqualTo(1), result.Error);
        Assert.That(report.Runs.Select(static phase => phase.Name), Is.EqualTo(["one"]));
        Assert.That(report.Runs[0].ElapsedSeconds, Is.LessThan(TimeSpan.FromHours(1).TotalSeconds));
    }

    private ProcessRun StartTwoPhases(string firstDuration)
    {
        string scenario = _server.Write("two.json", $$"""
            {"phases": [{"name": "one", "duration": "{{firstDuration}}", "rate": 500}, {"name": "two", "count": 10}]}
            """);
        return ProcessRun.Start(LoadGenProgram.Path, [.. _server.Arguments, "--scenario", scenario, "--json", "-", "--warm-up", "0"]);
    }

    private Task LoadIsUnderWayAsync() => Patience.UntilAsync(
        async () => long.Parse((await _server.Server.StatsAsync())["key_hits"]) > 0, "the load has begun");
}
