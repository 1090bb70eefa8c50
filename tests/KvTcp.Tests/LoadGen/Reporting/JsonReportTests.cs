using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using KvTcp.Cli;
using KvTcp.LoadGen;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Reporting;

[TestFixture]
public class JsonReportTests
{
    [Test]
    public void Report_reads_back_with_every_figure()
    {
        LoadResult result = SampleReport.Run(SampleReport.Plan with { Rate = 10_000, Keys = new KeyChoice(0.1, 0.99) });
        ReportDocument read = Read(SampleReport.Of(ReportKind.RateSweep, new NamedRun("10,000/s", result)) with { Conclusion = "found", Capacity = 5 });
        RunDocument run = read.Runs[0];

        using (Assert.EnterMultipleScope())
        {
            Assert.That((read.Format, read.Kind, read.Conclusion, read.CapacityPerSecond), Is.EqualTo((1, ReportKind.RateSweep, "found", (double?)5)));
            Assert.That(read.Machine.Processor, Is.EqualTo("A processor at 3 GHz"));
            Assert.That((run.Name, run.Valid, run.ElapsedSeconds, run.RequestsPerSecond), Is.EqualTo(("10,000/s", true, 10.0, 10_000.0)));
            Assert.That((run.Plan.Server, run.Plan.Depth, run.Plan.Rate, run.Plan.MissShare, run.Plan.Zipf), Is.EqualTo(("127.0.0.1:7878", 16, (double?)10_000, 0.1, (double?)0.99)));
            Assert.That(run.Counts, Is.EqualTo(new CountsDocument(100_000, 90_000, 10_000, 0, 0, 0, 0, 0, 0)));
            Assert.That(run.LatencyMicroseconds.P999, Is.EqualTo(result.Latency.Percentile(0.999).TotalMicroseconds));
            Assert.That(run.LatencyMicroseconds.Max, Is.EqualTo(result.Latency.Max.TotalMicroseconds));
            Assert.That(run.Intervals, Has.Count.EqualTo(10));
            Assert.That(run.Intervals[3], Is.EqualTo(new IntervalDocument(3, 1, result.Intervals[3].Requests, 67, 191, 30_000)));
        }
    }

    [Test]
    public void Histogram_holds_every_latency_and_ends_with_the_longest()
    {
        LatencyDocument latency = Read(SampleReport.Of(SampleReport.Run())).Runs[0].LatencyMicroseconds;

        Assert.That(latency.Histogram.Sum(static bucket => bucket.Count), Is.EqualTo(100_000).And.EqualTo(latency.Count));
        Assert.That(latency.Histogram.Select(static bucket => bucket.UpTo), Is.Ordered.And.Unique);
        Assert.That(latency.Histogram[^1].UpTo, Is.EqualTo(latency.Max));
    }

    [Test]
    public void Plan_has_a_duration_or_a_count()
    {
        PlanDocument timed = Read(SampleReport.Of(SampleReport.Run())).Runs[0].Plan;
        PlanDocument counted = Read(SampleReport.Of(SampleReport.Run(SampleReport.Plan with { Count = 7 }))).Runs[0].Plan;

        Assert.That((timed.DurationSeconds, timed.Count), Is.EqualTo(((double?)10, (long?)null)));
        Assert.That((counted.DurationSeconds, counted.Count), Is.EqualTo(((double?)null, (long?)7)));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Plan_says_whether_there_was_TLS_and_AUTH_and_not_the_token(bool isSecured)
    {
        LoadPlan plan = SampleReport.Plan with { Tls = isSecured ? new TlsClientSetting(null, null, null) : null, AuthToken = isSecured ? "correct-horse" : null };
        LoadReport report = SampleReport.Of(SampleReport.Run(plan));
        PlanDocument read = Read(report).Runs[0].Plan;

        Assert.That((read.Tls, read.Auth), Is.EqualTo((isSecured, isSecured)));
        Assert.That(Encoding.UTF8.GetString(JsonReport.Write(report)), Does.Not.Contain("correct-horse"));
    }

    [Test]
    public void Run_that_measured_nothing_is_zeros_and_not_valid()
    {
        RunDocument run = Read(SampleReport.Of(SampleReport.Empty())).Runs[0];

        Assert.That((run.Valid, run.InvalidReason), Is.EqualTo((false, "it ended before it measured")));
        Assert.That((run.RequestsPerSecond, run.LatencyMicroseconds.P50, run.LatencyMicroseconds.Histogram.Count), Is.EqualTo((0.0, 0.0, 0)));
    }

    [Test]
    public void Server_that_did_not_keep_up_is_a_verdict_of_its_own()
    {
        RunDocument calm = Read(SampleReport.Of(SampleReport.Run())).Runs[0];
        RunDocument busy = Read(SampleReport.Of(SampleReport.Overloaded())).Runs[0];

        Assert.That((calm.Overloaded, calm.OverloadReason), Is.EqualTo((false, (string?)null)));
        Assert.That((busy.Valid, busy.Overloaded), Is.EqualTo((true, true)));
        Assert.That(busy.OverloadReason, Does.Contain("200 of 800 requests"));
    }

    [Test]
    public void Hostile_text_reads_back_as_it_was_but_for_half_a_surrogate_pair()
    {
        RunDocument run = Read(SampleReport.Of(ReportKind.Scenario, new NamedRun(SampleReport.Hostile, SampleReport.Worst()))).Runs[0];
        string expected = SampleReport.Hostile.Replace('\ud800', '\ufffd');

        Assert.That(run.Name, Is.EqualTo(expected));
        Assert.That(run.InvalidReason, Is.EqualTo($"reason {expected}"));
        Assert.That(run.MismatchSamples, Is.EqualTo([$"sample {expected}"]));
        Assert.That(run.ErrorSamples, Is.EqualTo([$"error {expected}"]));
    }

    [TestCase("\"kind\": \"rate-sweep\"")]
    [TestCase("\"protocol\": \"line\"")]
    public void Choices_are_words_of_the_command_line(string field) => Assert.That(
        Encoding.UTF8.GetString(JsonReport.Write(SampleReport.Of(ReportKind.RateSweep, new NamedRun("a", SampleReport.Run())))), Does.Contain(field));

    [Test]
    public void Text_is_one_line_feed_terminated_document_of_ASCII()
    {
        byte[] text = JsonReport.Write(SampleReport.Of(ReportKind.Scenario, new NamedRun(SampleReport.Hostile, SampleReport.Worst())));

        Assert.That(text[^1], Is.EqualTo((byte)'\n'));
        Assert.That(text.Where(static b => b is < 0x20 or > 0x7e && b != '\n'), Is.Empty, "nothing that a terminal or an encoding would take otherwise");
    }

    [Test]
    public void Documentation_names_every_field()
    {
        string page = Repository.ReadText("docs/loadgen.md");
        string[] fields = [.. Types(typeof(ReportDocument)).SelectMany(static type => type.Properties).Select(static property => property.Name).Distinct(StringComparer.Ordinal)];

        Assert.That(fields, Has.Length.GreaterThan(50));
        Assert.That(fields.Where(field => !page.Contains($"`{field}`", StringComparison.Ordinal)), Is.Empty);
    }

    private static IEnumerable<JsonTypeInfo> Types(Type type)
    {
        JsonTypeInfo info = ReportJson.Default.GetTypeInfo(type)!;
        return info.Kind switch
        {
            JsonTypeInfoKind.Object => info.Properties.SelectMany(static property => Types(property.PropertyType)).Prepend(info),
            JsonTypeInfoKind.Enumerable => Types(info.ElementType!),
            _ => [],
        };
    }

    private static ReportDocument Read(LoadReport report) =>
        JsonSerializer.Deserialize(Encoding.UTF8.GetString(JsonReport.Write(report)), ReportJson.Default.ReportDocument)!;
}
