using KvTcp.LoadGen;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Command;

/// <summary>What the program writes, and where.</summary>
[TestFixture]
public class ReportTests
{
    private static readonly string[] Short = ["--count", "200", "--warm-up", "0", "--connections", "2"];
    private static readonly Dictionary<string, string> Coloured = new(StringComparer.Ordinal) { ["NO_COLOR"] = "" };

    private DrivenServer _server = null!;

    [SetUp]
    public async Task StartServerAsync() => _server = await DrivenServer.StartAsync();

    [TearDown]
    public async Task StopServerAsync() => await _server.DisposeAsync();

    [Test]
    public async Task Table_goes_to_standard_output_without_colours_and_without_progress()
    {
        ProcessResult result = await LoadGenProgram.RunAsync([.. _server.Arguments, .. Short]);

        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        Assert.That(result.Output, Does.Contain("requests/s").And.Contain("p99.99").And.Contain("\nvalid\n").And.Not.Contain("\e"));
    }

    [Test]
    public async Task Json_on_standard_output_leaves_the_table_to_standard_error()
    {
        (ProcessResult result, ReportDocument report) = await _server.ReportAsync([.. Short, "--verify", "--misses", "0.5"]);

        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(result.Error, Does.Contain("requests/s").And.Contain("verified"));
        Assert.That((report.Kind, report.Runs[0].Counts.Requests, report.Runs[0].Plan.MissShare), Is.EqualTo((ReportKind.Run, 200, 0.5)));
        Assert.That(report.Runs[0].Counts.Hits + report.Runs[0].Counts.Misses, Is.EqualTo(200));
        Assert.That(report.Runs[0].LatencyMicroseconds.Histogram.Sum(static bucket => bucket.Count), Is.EqualTo(200));
        Assert.That(report.Machine.Processors, Is.EqualTo(Environment.ProcessorCount));
    }

    [Test]
    public async Task Files_are_written_beside_the_table()
    {
        ProcessResult result = await LoadGenProgram.RunAsync(
            [.. _server.Arguments, .. Short, "--json", _server.PathOf("a.json"), "--html", _server.PathOf("a.html")]);

        Assert.That(result.Output, Does.Contain("requests/s"), result.Error);
        Assert.That(DrivenServer.Parse(await File.ReadAllTextAsync(_server.PathOf("a.json"))).Runs, Has.Count.EqualTo(1));
        Assert.That(await File.ReadAllTextAsync(_server.PathOf("a.html")), Does.StartWith("<!doctype html>\n<html").And.EndsWith("</html>\n"));
    }

    [TestCase("--json", "none/a.json", "its directory does not exist")]
    [TestCase("--html", "none/a.html", "its directory does not exist")]
    [TestCase("--html", ".", "it is a directory")]
    public async Task File_that_cannot_be_written_costs_no_run(string option, string path, string reason)
    {
        ProcessResult result = await LoadGenProgram.RunAsync([.. _server.Arguments, .. Short, option, _server.PathOf(path)]);

        result.AssertErrorOf("loadgen", 74, reason);
        Assert.That((await _server.Server.StatsAsync())["key_hits"], Is.EqualTo("0"));
    }

    [Test]
    public async Task Run_that_fails_leaves_no_file()
    {
        ProcessResult result = await LoadGenProgram.RunAsync(
            ["--data", _server.PathOf("some.data"), "--server", $"unix:{_server.PathOf("nobody")}", "--json", _server.PathOf("a.json")]);

        result.AssertErrorOf("loadgen", 69, "cannot connect to");
        Assert.That(Directory.GetFiles(Path.GetDirectoryName(_server.PathOf("a"))!).Select(Path.GetFileName), Is.EqualTo(["some.data"]));
    }

    [TestCase("--html", "-", "--html takes a file")]
    [TestCase("--sweep", "width", "--sweep: 'width' is not one of rate, depth")]
    [TestCase("--sweep rate --scenario", "a.json", "--scenario and --sweep both say what to run")]
    [TestCase("--rate 5 --sweep", "depth", "--rate does not go with --sweep depth")]
    public async Task Options_that_make_no_sense_are_refused(string options, string value, string error) =>
        (await LoadGenProgram.RunAsync([.. _server.Arguments, .. options.Split(' '), value])).AssertErrorOf("loadgen", 64, error);

    [Test]
    public async Task Terminal_shows_a_line_for_every_second_and_colours()
    {
        ProcessResult result = await LoadGenProgram.RunOnTerminalAsync(Coloured, [.. _server.Arguments, "--duration", "2.5s", "--warm-up", "100ms"]);

        Assert.That(result.ExitCode, Is.Zero, result.Output);
        Assert.That(result.Output, Does.Contain("\r\e[Kwarming up for 100ms\r\e[K1 of 2.5s  ").And.Contain("\r\e[K2 of 2.5s  "));
        Assert.That(result.Output, Does.Match("max [0-9.]+ [um]?s\r\e\\[K\e\\[1m"), "the table takes the place of the line, in colours");
    }

    [Test]
    public async Task Terminal_whose_user_wants_no_colours_has_none()
    {
        ProcessResult result = await LoadGenProgram.RunOnTerminalAsync(
            new Dictionary<string, string>(StringComparer.Ordinal) { ["NO_COLOR"] = "1" }, [.. _server.Arguments, .. Short]);

        Assert.That(result.Output, Does.Contain("requests/s").And.Not.Match(@"\e\[[0-9;]*m"));
    }
}
