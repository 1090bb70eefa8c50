using FsCheck;
using FsCheck.Fluent;
using KvTcp.LoadGen;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Measure;

public sealed class LatencyHistogramTests
{
    private static readonly double[] Shares = [0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1];

    /// <summary>Ticks of every order of magnitude, up to days.</summary>
    private static Gen<long[]> Latencies => Gen.NonEmptyListOf(
        from bits in Gen.Choose(0, 41)
        from low in Gen.Choose(0, int.MaxValue)
        select (1L << bits) | (low & ((1L << bits) - 1))).Select(static list => list.ToArray());

    [Test]
    public void Percentile_is_at_most_one_128th_above_the_exact_one() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), Prop.ForAll(Latencies.ToArbitrary(), static ticks =>
        {
            LatencyHistogram histogram = Of(ticks);
            long[] sorted = [.. ticks.Order()];
            return Shares.All(share =>
            {
                long exact = sorted[Math.Max(0, (int)Math.Ceiling((share * sorted.Length) - 1e-9) - 1)];
                long actual = histogram.Percentile(share).Ticks;
                return actual >= exact && actual <= exact + (exact / 128.0);
            });
        }));

    [Test]
    public void Max_Count_and_Mean_are_exact() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(Latencies.ToArbitrary(), static ticks =>
        {
            LatencyHistogram histogram = Of(ticks);
            return histogram.Max.Ticks == ticks.Max() && histogram.Count == ticks.Length &&
                Math.Abs(histogram.Mean.Ticks - ticks.Average()) <= 1 + (ticks.Average() * 1e-9);
        }));

    [Test]
    public void Add_gives_what_recording_both_gives() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(Latencies.ToArbitrary(), Latencies.ToArbitrary(), static (first, second) =>
        {
            LatencyHistogram sum = Of(first);
            sum.Add(Of(second));
            LatencyHistogram both = Of([.. first, .. second]);
            return sum.Count == both.Count && sum.Max == both.Max && Shares.All(share => sum.Percentile(share) == both.Percentile(share));
        }));

    [Test]
    public void Percentile_by_nearest_rank_does_not_round_up_for_a_binary_fraction()
    {
        // 0.99 * 100 is more than 99 in binary.
        LatencyHistogram histogram = Of([.. Enumerable.Range(1, 100).Select(static i => (long)i)]);
        Assert.That(histogram.Percentile(0.99).Ticks, Is.EqualTo(99));
    }

    [Test]
    public void Empty_histogram_is_zero_throughout()
    {
        LatencyHistogram histogram = new();
        Assert.That(
            (histogram.Count, histogram.Max, histogram.Mean, histogram.Percentile(0.5)),
            Is.EqualTo((0L, TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero)));
    }

    [TestCase(-1, 0, TestName = "A_latency_below_zero_counts_as_zero")]
    [TestCase(99, 0, TestName = "Nanoseconds_are_rounded_down_to_ticks")]
    [TestCase(25_499, 254, TestName = "Small_latencies_are_exact")]
    public void RecordNanoseconds_at_the_low_end(long nanoseconds, long ticks)
    {
        LatencyHistogram histogram = new();
        histogram.RecordNanoseconds(nanoseconds);
        Assert.That(histogram.Percentile(1).Ticks, Is.EqualTo(ticks));
    }

    [Test]
    public void A_latency_beyond_the_last_bucket_is_told_as_it_is()
    {
        LatencyHistogram histogram = new();
        histogram.Record(TimeSpan.FromDays(100));
        Assert.That((histogram.Max, histogram.Percentile(0.5)), Is.EqualTo((TimeSpan.FromDays(100), TimeSpan.FromDays(100))));
    }

    [TestCase(-0.01)]
    [TestCase(1.01)]
    public void Percentile_of_no_share_is_refused(double share) =>
        Assert.That(() => new LatencyHistogram().Percentile(share), Throws.InstanceOf<ArgumentOutOfRangeException>());

    private static LatencyHistogram Of(long[] ticks)
    {
        LatencyHistogram histogram = new();
        foreach (long latency in ticks)
        {
            histogram.Record(new TimeSpan(latency));
        }

        return histogram;
    }
}
