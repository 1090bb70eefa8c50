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

    [TestCase(990, 10, 0, 0, true, TestName = "One_request_in_a_hundred_without_latency_is_harmless")]
    [TestCase(989, 11, 0, 0, false, TestName = "Unsent_requests_make_percentiles_too_low")]
    [TestCase(989, 0, 11, 0, false, TestName = "Requests_that_time_out_make_percentiles_too_low")]
    [TestCase(989, 0, 0, 11, false, TestName = "Lost_requests_make_percentiles_too_low")]
    [TestCase(0, 0, 0, 0, true, TestName = "Nothing_due_is_no_overload")]
    public void OverloadIn_counts_the_requests_without_latency(long answered, long unsent, long timeouts, long lost, bool isHarmless)
    {
        string? reason = RunValidity.OverloadIn(new LoadCounts(answered, 0, 0, 0, timeouts, lost, 0, 0, unsent));
        Assert.That(reason, isHarmless ? Is.Null : Does.Contain("11 of 1,000 requests").And.Contain("percentiles are too low"));
    }

    private static LatencyHistogram Of(double milliseconds)
    {
        LatencyHistogram histogram = new();
        histogram.Record(TimeSpan.FromMilliseconds(milliseconds));
        return histogram;
    }
}
