using System.Xml.Linq;
using KvTcp.Compare;
using NUnit.Framework;

namespace KvTcp.Tests.Compare;

/// <summary>What stands in the page, for figures of which some are missing and some are better than ours.</summary>
[TestFixture]
public class ComparisonPageTests
{
    private static readonly string Page = ComparisonPage.Write(SampleComparison.Create());

    [TestCase("Measured on 1970-01-01 by `./run.sh compare --rounds 2`, on A Processor, 2 cores, 4.0 GiB, Some Linux, Linux 6.1, .NET 10; every server on core 1,\n", "the machine")]
    [TestCase("| redis | 7.0 | no files |", "versions and settings")]
    [TestCase("| garnet | not installed | no files |", "a server that could not be installed")]
    [TestCase("**garnet has failed, and figures of it are missing.** installing: no network | no tool\n", "the reason")]
    [TestCase("| 50 | 1 | hits | >= 100,000 (50,000 - 150,000) | 400,000 | 5,000 | failed | >= 0.25 (redis) |", "requests a second; more is better")]
    [TestCase("| 50 | 1 | hits | 6.00 (5.00 - 7.00) | 3.00 | 180.00 | failed | 2.00 (redis) |", "CPU; less is better")]
    [TestCase("| 50 | 1 | hits | <= 6 / 60 / 600 | 3 / 30 / 300 | 180 / 1,800 / 18,000 | failed | <= 2.00 (redis) |", "waits; the ratio is of p99")]
    [TestCase("| 1 | 16 | hits | >= 100,000 (50,000 - 150,000) | 400,000 | not pipelined | failed | >= 0.25 (redis) |", "depth 16")]
    [TestCase("| 50 | 16 | misses | ", "misses")]
    [TestCase("| kvtcp | 200 (100 - 300) | 0.30 (0.20 - 0.40) | 1 | 3 | 2,097 |", "starts")]
    [TestCase("| garnet | failed |  |  |  |  |", "no starts")]
    [TestCase("On cores 0, 1; 2 rounds. A start", "how often starts were measured")]
    [TestCase("| kvtcp | 10% (1 of 2 rounds valid) | 20,000 | 10 | 20 | 5 | 30 | 4,000 |", "only valid rounds count")]
    [TestCase("| kvtcp | 50% | invalid |  |  |  |  |  |", "no valid round")]
    [TestCase("| kvtcp | 80% (did not keep up in 1 of 2 rounds) | 160,000 | 10 | 20 | 7 | 30 | 40 |", "rounds of a server that is too slow count")]
    [TestCase("| redis | 80% | failed |  |  |  |  |  |", "no round at all")]
    public void Page_holds(string text, string what) => Assert.That(Page, Does.Contain(text), what);

    [Test]
    public void Page_shows_every_chart_that_is_drawn()
    {
        foreach ((string name, string svg) in ComparisonCharts.Draw(SampleComparison.Create()))
        {
            Assert.That(Page, Does.Contain($"](charts/{name})"));
            Assert.That(XDocument.Parse(svg).Root!.Value, Does.Contain("kvtcp"), name);
        }
    }

    [Test]
    public void The_chart_of_memory_says_how_many_workers_hold_the_data()
    {
        string svg = ComparisonCharts.Draw(SampleComparison.Create()).Single(static chart => chart.Name is ComparisonCharts.Memory).Svg;
        Assert.That(XDocument.Parse(svg).Root!.Value, Does.Contain("fastapi (2 workers)").And.Not.Contain("redis ("));
    }

    [Test]
    public void Ratio_is_empty_without_our_own_figures()
    {
        Comparison comparison = SampleComparison.Create();
        comparison = comparison with
        {
            Servers = [.. comparison.Servers.Skip(1)],
            Requests = [.. comparison.Requests.Where(static result => !string.Equals(result.Server, "kvtcp", StringComparison.Ordinal))],
        };
        Assert.That(RequestTable.Throughput(comparison), Does.Contain("| 50 | 1 | hits | 400,000 | 5,000 | failed |  |"));
    }
}
