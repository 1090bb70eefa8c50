using System.Diagnostics;
using KvTcp.Cli;
using NUnit.Framework;

namespace KvTcp.Tests.Cli.Stats;

[TestFixture]
[Parallelizable(ParallelScope.Self)]
public sealed class StatsRatesTests
{
    [Test]
    public void Rates_are_differences_by_the_time_between()
    {
        StatsRates rates = StatsRates.Between(
            Sample(10, ("requests", 100), ("key_hits", 50), ("key_misses", 50), ("bytes_sent", 1_000)),
            Sample(14, ("requests", 500), ("key_hits", 350), ("key_misses", 150), ("bytes_sent", 9_000)))!;
        Assert.That(rates, Is.EqualTo(new StatsRates(100, 75, 25, 0, 0, 0, 2_000)));
        Assert.That(rates.HitRate, Is.EqualTo(0.75));
    }

    [Test]
    public void Hit_rate_of_no_keys_is_not_known() =>
        Assert.That(StatsRates.Between(Sample(1, ("requests", 1)), Sample(2, ("requests", 2)))!.HitRate, Is.Null);

    [TestCase(5, 100, 2, 200, Description = "the uptime began anew")]
    [TestCase(5, 100, 6, 99, Description = "fewer requests than before")]
    public void Server_that_was_started_anew_has_no_rates(int uptimeBefore, int requestsBefore, int uptimeAfter, int requestsAfter) =>
        Assert.That(
            StatsRates.Between(
                Sample(1, ("uptime_seconds", uptimeBefore), ("requests", requestsBefore)),
                Sample(2, ("uptime_seconds", uptimeAfter), ("requests", requestsAfter))),
            Is.Null);

    [Test]
    public void Figures_that_the_server_does_not_tell_count_as_0() =>
        Assert.That(StatsRates.Between(Sample(1), Sample(2)), Is.EqualTo(new StatsRates(0, 0, 0, 0, 0, 0, 0)));

    private static StatsSample Sample(int second, params (string Name, int Value)[] figures) => new(
        figures.ToDictionary(static figure => figure.Name, static figure => $"{figure.Value}", StringComparer.Ordinal), second * Stopwatch.Frequency);
}
