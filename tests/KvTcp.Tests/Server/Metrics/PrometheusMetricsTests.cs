using System.Diagnostics.Metrics;
using KvTcp.Server.Metrics;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Server.Metrics;

/// <summary>The text that Prometheus reads, and what promtool says to it.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class PrometheusMetricsTests
{
    [Test]
    public void Each_kind_of_instrument_has_its_type_and_name()
    {
        using Meter meter = new("test");
        _ = meter.CreateObservableCounter("a.requests", static () => new Measurement<long>(7, new("http.route", "/x"), new("status", 200)), "{request}", "Requests");
        _ = meter.CreateObservableGauge("b.memory", static () => 1.5, "By", "Memory");
        Histogram<double> histogram = meter.CreateHistogram(
            "c.wait", "s", "Waits", tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });
        using PrometheusMetrics prometheus = new(meter);
        foreach (double wait in new[] { 0.1, 0.5, 2 })
        {
            histogram.Record(wait);
        }

        const string Expected = """
            # HELP a_requests_total Requests
            # TYPE a_requests_total counter
            a_requests_total{http_route="/x",status="200"} 7
            # HELP b_memory_bytes Memory
            # TYPE b_memory_bytes gauge
            b_memory_bytes 1.5
            # HELP c_wait_seconds Waits
            # TYPE c_wait_seconds histogram
            c_wait_seconds_bucket{le="0.1"} 1
            c_wait_seconds_bucket{le="1"} 2
            c_wait_seconds_bucket{le="+Inf"} 3
            c_wait_seconds_sum 2.6
            c_wait_seconds_count 3

            """;
        Assert.That(prometheus.Write(), Is.EqualTo(Expected));
        Assert.That(prometheus.Write(), Is.EqualTo(Expected), "a scrape changes nothing");
    }

    [Test]
    public void Labels_and_help_are_escaped()
    {
        using Meter meter = new("test");
        _ = meter.CreateObservableGauge("a", static () => new Measurement<long>(1, new KeyValuePair<string, object?>("l", "q\"b\\n\nx")), unit: null, "one\ntwo \\ \"three\"");
        using PrometheusMetrics prometheus = new(meter);
        Assert.That(prometheus.Write(), Is.EqualTo("# HELP a one\\ntwo \\\\ \"three\"\n# TYPE a gauge\na{l=\"q\\\"b\\\\n\\nx\"} 1\n"));
    }

    [Test]
    public void Other_meters_are_left_alone()
    {
        using Meter meter = new("test");
        using Meter other = new("test");
        _ = other.CreateObservableGauge("a", static () => 1);
        using PrometheusMetrics prometheus = new(meter);
        Assert.That(prometheus.Write(), Is.Empty);
    }

    [Test]
    public async Task Promtool_finds_nothing_wrong_with_the_metrics_of_a_server()
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one", "two");
        (await http.GetAsync($"/v1/keys/{TestDataset.Key(0)}")).Dispose();
        using HttpResponseMessage response = await http.GetAsync("/metrics");
        Assert.That(response.Content.Headers.ContentType!.ToString(), Is.EqualTo("text/plain; version=0.0.4; charset=utf-8"));
        ProcessResult result = await ProcessRun.RunAsync("promtool", ["check", "metrics"], await response.Content.ReadAsByteArrayAsync());
        Assert.That((result.ExitCode, result.Output, result.Error), Is.EqualTo((0, "", "")));
    }
}
