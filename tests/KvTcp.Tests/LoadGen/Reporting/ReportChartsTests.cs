using KvTcp.LoadGen;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Reporting;

/// <summary>The figures that the charts show.</summary>
[TestFixture]
public class ReportChartsTests
{
    [Test]
    public void Spectrum_goes_up_to_the_nines_that_the_requests_can_show()
    {
        LoadResult result = SampleReport.Run();
        (double X, double Y)[] points = [.. Chart(SampleReport.Of(result), "Latency spectrum").Series[0].Points];

        Assert.That(points[^2].X, Is.EqualTo(0.99999).Within(1e-9), "of 100,000 requests");
        Assert.That(points[^1], Is.EqualTo((0.999995, result.Latency.Max.TotalMicroseconds)));
        Assert.That(points, Has.Some.Matches<(double X, double Y)>(point => Math.Abs(point.X - 0.99) < 1e-9 && point.Y == result.Latency.Percentile(0.99).TotalMicroseconds));
    }

    [Test]
    public void Spectrum_of_one_request_is_that_request()
    {
        LatencyHistogram one = new();
        one.Record(TimeSpan.FromMicroseconds(70));

        Assert.That(Chart(SampleReport.Of(SampleReport.Run() with { Latency = one }), "Latency spectrum").Series[0].Points, Is.EqualTo([(0.0, 70.0), (0.5, 70.0)]));
    }

    [TestCase(10.3, 10, "the stub at the end is left out")]
    [TestCase(9.7, 10, "most of a second is not")]
    [TestCase(0.3, 1, "but a short run is shown")]
    public void Throughput_has_a_point_for_each_second(double elapsed, int points, string reason)
    {
        TimeSpan end = TimeSpan.FromSeconds(elapsed);
        LoadInterval[] seconds =
        [
            .. Enumerable.Range(0, (int)Math.Ceiling(elapsed)).Select(static second => TimeSpan.FromSeconds(second)).Select(start =>
                new LoadInterval(start, TimeSpan.FromTicks(Math.Min(TimeSpan.TicksPerSecond, (end - start).Ticks)), 100, default, default, default)),
        ];
        LineChart chart = Chart(SampleReport.Of(SampleReport.Run() with { Elapsed = end, Intervals = seconds }), "Throughput over time");

        Assert.That(chart.Series[0].Points, Has.Count.EqualTo(points), reason);
        Assert.That(chart.Series[0].Points[0].Y, Is.EqualTo(100 / Math.Min(1, elapsed)).Within(0.01), reason);
    }

    [Test]
    public void Phases_stand_one_after_another_and_lines_break_between_them()
    {
        LoadReport report = SampleReport.Of(
            ReportKind.Scenario, new NamedRun("a", SampleReport.Run()), new NamedRun("b", SampleReport.Run(start: 12)));

        Assert.That(Chart(report, "Throughput over time").Series.Select(static line => (line.Name, line.Points[0].X)), Is.EqualTo([("a", 0.5), ("b", 12.5)]));
        Assert.That(Chart(report, "Latency over time").Series.Select(static line => line.Name), Is.EqualTo(["p50", "p99", "longest"]));
        Assert.That(Chart(report, "Latency over time").Series[0].Points.Count(static point => double.IsNaN(point.X)), Is.EqualTo(2));
    }

    [Test]
    public void Sweep_of_rates_shows_latency_against_what_was_answered()
    {
        LoadReport report = SampleReport.Of(ReportKind.RateSweep, new NamedRun("20,000/s", SampleReport.Run(SampleReport.Plan with { Rate = 20_000 })));

        Assert.That(Chart(report, "Latency against load").Series.Select(static line => (line.Name, line.Points[0].X)), Is.EqualTo([("p50", 10_000.0), ("p99", 10_000.0), ("p99.9", 10_000.0)]));
        Assert.That(Chart(report, "Answered against due").Series.Select(static line => line.Points[0]), Is.EqualTo([(20_000.0, 20_000.0), (20_000.0, 10_000.0)]));
    }

    [Test]
    public void Sweep_of_depths_shows_throughput_against_depth() => Assert.That(
        Chart(SampleReport.Of(ReportKind.DepthSweep, new NamedRun("depth 16", SampleReport.Run())), "Throughput against pipeline depth").Series[0].Points,
        Is.EqualTo([(16.0, 10_000.0)]));

    private static LineChart Chart(LoadReport report, string title) =>
        ReportCharts.Of(report).Single(chart => chart.Title.Equals(title, StringComparison.Ordinal));
}
