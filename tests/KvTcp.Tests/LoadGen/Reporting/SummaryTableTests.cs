using KvTcp.Cli;
using KvTcp.LoadGen;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Reporting;

[TestFixture]
public class SummaryTableTests
{
    [Test]
    public void Run_shows_every_figure_with_its_unit()
    {
        string[] lines = Lines(SampleReport.Of(SampleReport.Run()));

        Assert.That(lines, Has.Some.EqualTo("127.0.0.1:7878 in the line protocol"));
        Assert.That(lines, Has.Some.EqualTo(
            "load: GET, uniform choice of keys, 50 connections, depth 16, 1 thread, closed loop, 10s, after 1s of warm-up"));
        Assert.That(Words(lines, "requests/s"), Is.EqualTo(
            ["requests/s", "requests", "hits", "misses", "errors", "timeouts", "lost", "own", "CPU"]));
        Assert.That(Words(lines, "run")[1..], Is.EqualTo(["10,000", "100,000", "90,000", "10,000", "0", "0", "0", "42%"]));
        Assert.That(Words(lines, "mean"), Is.EqualTo(["mean", "p50", "p90", "p95", "p99", "p99.9", "p99.99", "max"]));
        Assert.That(lines.Last(static line => line.StartsWith("run ", StringComparison.Ordinal)), Does.Match(@"^run( +[0-9.]+ [um]s){8}$"));
        Assert.That(lines, Has.Some.EqualTo("valid"));
    }

    [TestCase(null, false, "keys, over TLS, 50 connections")]
    [TestCase("own.crt", true, "keys, over TLS with a certificate, after AUTH, 50 connections")]
    public void Run_shows_TLS_and_AUTH_and_no_token(string? certificate, bool hasToken, string expected)
    {
        LoadPlan plan = SampleReport.Plan with { Tls = new TlsClientSetting("ca.crt", certificate, certificate), AuthToken = hasToken ? "correct-horse" : null };
        string[] lines = Lines(SampleReport.Of(SampleReport.Run(plan)));

        Assert.That(lines, Has.Some.Contain(expected));
        Assert.That(lines, Has.None.Contain("correct-horse"));
    }

    [Test]
    public void Columns_are_aligned_at_their_right_ends()
    {
        LoadReport report = SampleReport.Of(
            ReportKind.Scenario,
            new NamedRun("a", SampleReport.Run()),
            new NamedRun("a longer name", SampleReport.Run() with { Counts = new LoadCounts(12_345_678, 1, 2, 3, 4, 5, 0) }));
        string[] lines = [.. Lines(report).SkipWhile(static line => !line.Contains("requests/s", StringComparison.Ordinal)).Take(3)];

        Assert.That(lines.Select(static line => line.Length), Is.All.EqualTo(lines[0].Length));
        Assert.That(lines[1].IndexOf(" 100,000", StringComparison.Ordinal) + " 100,000".Length, Is.EqualTo(EndOf(lines[2], "12,345,678")));
        Assert.That(EndOf(lines[0], " requests "), Is.EqualTo(EndOf(lines[2], "12,345,678") + 1));
    }

    [Test]
    public void Faults_are_counted_apart()
    {
        LoadResult result = SampleReport.Run() with { Counts = new LoadCounts(21, 1, 2, 3, 4, 5, 0, 6, 7), ErrorSamples = ["ERR one"] };
        string[] lines = Lines(SampleReport.Of(result));

        Assert.That(Words(lines, "run")[2..10], Is.EqualTo(["21", "1", "2", "3", "4", "5", "7", "6"]));
        Assert.That(Words(lines, "requests/s")[7..9], Is.EqualTo(["unsent", "reconnects"]), "shown only when there are any");
        Assert.That(lines, Has.Some.EqualTo("error: ERR one"));
    }

    [Test]
    public void Run_that_is_not_valid_says_why()
    {
        string[] lines = Lines(SampleReport.Of(SampleReport.Run() with { InvalidReason = "the generator fell behind" }));

        Assert.That(lines, Has.Some.EqualTo("INVALID: the generator fell behind"));
        Assert.That(lines, Has.None.EqualTo("valid"));
    }

    [Test]
    public void Server_that_did_not_keep_up_is_named_and_marks_the_latencies()
    {
        string[] lines = Lines(SampleReport.Of(SampleReport.Overloaded()));

        Assert.That(lines, Has.Some.EqualTo(
            "OVERLOADED: the server did not keep up: 200 of 800 requests have no latency (unsent 150, timeouts 20, lost 30), " +
            "so the percentiles are too low"));
        Assert.That(lines, Has.None.EqualTo("valid").And.None.StartsWith("INVALID"));
        Assert.That(lines, Has.Some.Match(@"^run( +> [0-9.]+ [um]s){8}$"));
    }

    [Test]
    public void Verification_says_what_it_found()
    {
        LoadResult verified = SampleReport.Run(SampleReport.Plan with { Verify = true });
        LoadResult wrong = verified with { Counts = verified.Counts with { Mismatches = 1_234 }, MismatchSamples = ["key: one, two"] };

        Assert.That(Lines(SampleReport.Of(verified)), Has.Some.EqualTo("verified: every reply is what the data file says"));
        Assert.That(Lines(SampleReport.Of(wrong)), Has.Some.EqualTo("WRONG: 1,234 keys with a reply that is not what the data file says"));
        Assert.That(Lines(SampleReport.Of(wrong)), Has.Some.EqualTo("  key: one, two").And.None.StartsWith("verified"));
        Assert.That(Lines(SampleReport.Of(SampleReport.Run())), Has.None.StartsWith("verified"), "nothing was compared");
    }

    [Test]
    public void Open_loop_shows_how_late_the_generator_was()
    {
        LatencyHistogram delay = new();
        delay.Record(TimeSpan.FromMicroseconds(7));

        Assert.That(
            Lines(SampleReport.Of(SampleReport.Run() with { SendDelay = delay })), Has.Some.StartsWith("sent late by p50 7 us, p99 7 us, max 7 us"));
    }

    [Test]
    public void Scenario_shows_a_row_and_the_plan_of_each_phase()
    {
        string[] lines = Lines(SampleReport.Of(
            ReportKind.Scenario,
            new NamedRun("calm", SampleReport.Run()),
            new NamedRun("busy", SampleReport.Run(SampleReport.Plan with { Rate = 5_000 }) with { InvalidReason = "why" })));

        Assert.That(lines, Has.Some.StartsWith("calm: GET").And.Some.Contains("open loop at 5,000 requests/s").And.Some.EqualTo("INVALID busy: why"));
        Assert.That(lines.Count(static line => line.StartsWith("calm ", StringComparison.Ordinal)), Is.EqualTo(2), "both tables");
    }

    [Test]
    public void Conclusion_stands_at_the_end() =>
        Assert.That(Lines(SampleReport.Of(ReportKind.RateSweep, new NamedRun("1/s", SampleReport.Run())) with { Conclusion = "found" })[^1], Is.EqualTo("found"));

    [Test]
    public void Hostile_text_stays_text()
    {
        string text = Write(SampleReport.Of(ReportKind.Scenario, new NamedRun(SampleReport.Hostile, SampleReport.Worst())), isTerminal: false);

        Assert.That(text.Where(static c => char.IsControl(c) && c != '\n'), Is.Empty);
        Assert.That(text, Does.Contain("[red]"), "markup is not read as markup");
    }

    [Test]
    public void Run_that_measured_nothing_has_zeros() =>
        Assert.That(Words(Lines(SampleReport.Of(SampleReport.Empty())), "run")[1..], Is.EqualTo(["0", "0", "0", "0", "0", "0", "0", "0%"]));

    [Test]
    public void Run_that_was_ended_before_it_measured_is_not_called_valid() => Assert.That(
        Lines(SampleReport.Of(SampleReport.Empty() with { InvalidReason = null })), Has.Some.EqualTo("nothing was measured").And.None.EqualTo("valid"));

    [TestCase(true, null, true, "a terminal")]
    [TestCase(true, "", true, "an empty NO_COLOR says nothing")]
    [TestCase(true, "1", false, "the user wants none")]
    [TestCase(false, null, false, "a file or a pipe")]
    public void Colours_are_for_terminals_whose_user_wants_them(bool isTerminal, string? noColor, bool isColoured, string reason)
    {
        string? before = Environment.GetEnvironmentVariable("NO_COLOR");
        Environment.SetEnvironmentVariable("NO_COLOR", noColor);
        try
        {
            Assert.That(Write(SampleReport.Of(SampleReport.Run()), isTerminal).Contains('\e'), Is.EqualTo(isColoured), reason);
        }
        finally
        {
            Environment.SetEnvironmentVariable("NO_COLOR", before);
        }
    }

    private static string Write(LoadReport report, bool isTerminal)
    {
        using StringWriter output = new();
        SummaryTable.Write(report, SummaryTable.Open(output, isTerminal));
        return output.ToString();
    }

    private static string[] Lines(LoadReport report) =>
        [.. Write(report, isTerminal: false).TrimEnd('\n').Split('\n').Select(static line => line.TrimEnd())];

    private static int EndOf(string line, string text) => line.IndexOf(text, StringComparison.Ordinal) + text.Length;

    private static string[] Words(string[] lines, string first) =>
        lines.Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).First(words => words is [var word, ..] && string.Equals(word, first, StringComparison.Ordinal));
}
