using KvTcp.LoadGen;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Measure;

public sealed class RunValidityTests
{
    [TestCase(1, 0.1, true, TestName = "A_delay_of_a_millisecond_is_tolerated")]
    [TestCase(2, 25, true, TestName = "A_delay_below_a_tenth_of_the_latency_is_tolerated")]
    [TestCase(2, 10, false, TestName = "A_delay_above_both_is_not")]
    public void ReasonAgainst_looks_at_the_99th_percentiles(double delayMilliseconds, double latencyMilliseconds, bool isValid)
    {
        string? reason = RunValidity.ReasonAgainst(Of(delayMilliseconds), Of(latencyMilliseconds));
        Assert.That(reason, isValid ? Is.Null : Does.Contain("2.0 ms late").And.Contains("--rate"));
    }

    [Test]
    public void ReasonAgainst_looks_past_one_late_request_in_a_thousand()
    {
        LatencyHistogram delay = new();
        LatencyHistogram latency = new();
        for (int i = 0; i < 1000; i++)
        {
            delay.Record(TimeSpan.FromMilliseconds(i == 0 ? 500 : 0));
            latency.Record(TimeSpan.FromMilliseconds(i == 0 ? 500 : 1));
        }

        Assert.That(RunValidity.ReasonAgainst(delay, latency), Is.Null);
    }

    private static LatencyHistogram Of(double milliseconds)
    {
        LatencyHistogram histogram = new();
        histogram.Record(TimeSpan.FromMilliseconds(milliseconds));
        return histogram;
    }
}
