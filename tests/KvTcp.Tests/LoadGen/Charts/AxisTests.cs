using KvTcp.LoadGen;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Charts;

/// <summary>The ticks that axes choose, and where values lie on them.</summary>
[TestFixture]
public class AxisTests
{
    private const AxisScale Linear = AxisScale.Linear;
    private const AxisScale Log = AxisScale.Logarithmic;
    private const AxisScale Nines = AxisScale.Nines;

    [TestCase("Linear", new double[0], "0 0.2 0.4 0.6 0.8 1", "nothing to show")]
    [TestCase("Linear", new[] { 0.0, 0 }, "0 0.2 0.4 0.6 0.8 1", "zeros only")]
    [TestCase("Linear", new[] { 3.0 }, "0 0.5 1 1.5 2 2.5 3", "one value: from zero")]
    [TestCase("Linear", new[] { 1_234_000.0, 900_000 }, "0 200k 400k 600k 800k 1M 1.2M 1.4M", "up to the tick above")]
    [TestCase("Linear", new[] { 0.0003 }, "0 0.00005 0.0001 0.00015 0.0002 0.00025 0.0003", "small values keep their digits")]
    [TestCase("Linear", new[] { -5.0, 7 }, "-6 -4 -2 0 2 4 6 8", "below zero")]
    [TestCase("Linear", new[] { double.NaN, double.PositiveInfinity, 4 }, "0 1 2 3 4", "what is no number does not count")]
    [TestCase("Logarithmic", new double[0], "1 2 5 10", "nothing to show")]
    [TestCase("Logarithmic", new[] { 0.0, -3 }, "1 2 5 10", "nothing that has a place")]
    [TestCase("Logarithmic", new[] { 0.0, 3, 700 }, "2 5 10 20 50 100 200 500 1k", "zero does not count")]
    [TestCase("Logarithmic", new[] { 7.0 }, "5 10 20", "one value: room on both sides")]
    [TestCase("Logarithmic", new[] { 10.0 }, "5 10 20", "one value on a tick")]
    [TestCase("Logarithmic", new[] { 0.02, 30_000 }, "0.1 1 10 100 1k 10k", "many decades: powers of ten only")]
    [TestCase("Logarithmic", new[] { 1e-12, 1e12 }, "0.000000000001 0.000000001 0.000001 0.001 1 1k 1M 1G 1000G", "more: every third")]
    [TestCase("Nines", new double[0], "0% 50% 90%", "one nine at least")]
    [TestCase("Nines", new[] { 0.5, 0.9, 0.9999 }, "0% 50% 90% 99% 99.9% 99.99%", "as many nines as there are")]
    [TestCase("Nines", new[] { 0.999, 1, -0.1 }, "0% 50% 90% 99% 99.9%", "the whole lies at infinity")]
    public void Ticks_are_readable(string scale, double[] values, string expected, string reason)
    {
        Axis axis = Axis.Over(Enum.Parse<AxisScale>(scale), values, endsOnTick: true);

        Assert.That(string.Join(' ', axis.Ticks.Select(axis.Label)), Is.EqualTo(expected), reason);
    }

    [TestCase(new[] { 1.0, 512 }, "1 2 5 10 20 50 100 200 500", "ticks lie inside")]
    [TestCase(new[] { 3.0, 4 }, "2 5 10", "no tick inside: the ones around")]
    [TestCase(new[] { 8.0 }, "5 10 20", "one value: room on both sides")]
    public void Logarithmic_axis_that_ends_with_its_values_still_has_ticks(double[] values, string expected, string reason)
    {
        Axis axis = Axis.Over(Log, values, endsOnTick: false);

        Assert.That(string.Join(' ', axis.Ticks.Select(axis.Label)), Is.EqualTo(expected), reason);
        Assert.That(values.Select(axis.Place), Is.All.InRange(0, 1), reason);
    }

    [Test]
    public void Axis_that_ends_with_its_values_ends_with_the_last()
    {
        Axis axis = Axis.Over(Linear, [4, 9.5], endsOnTick: false);

        Assert.That(axis.Place(9.5), Is.EqualTo(1));
        Assert.That(axis.Ticks[^1], Is.EqualTo(8));
    }

    [Test]
    public void Place_is_in_proportion_to_the_scale()
    {
        Axis linear = Axis.Over(Linear, [10], endsOnTick: true);
        Axis logarithmic = Axis.Over(Log, [1, 10_000], endsOnTick: true);
        Axis nines = Axis.Over(Nines, [0.9999], endsOnTick: true);

        Assert.That(linear.Place(2.5), Is.EqualTo(0.25).Within(1e-9));
        Assert.That(logarithmic.Place(10), Is.EqualTo(0.25).Within(1e-9));
        Assert.That(nines.Place(0.9), Is.EqualTo(0.25).Within(1e-9));
    }

    [TestCase("Linear", double.NaN)]
    [TestCase("Linear", double.PositiveInfinity)]
    [TestCase("Logarithmic", 0)]
    [TestCase("Logarithmic", -1)]
    [TestCase("Nines", 1)]
    [TestCase("Nines", -0.01)]
    public void Value_that_a_scale_cannot_show_has_no_place(string scale, double value) =>
        Assert.That(Axis.Over(Enum.Parse<AxisScale>(scale), [0.5], endsOnTick: true).Place(value), Is.Null);

    [TestCase("short", 100, "short")]
    [TestCase("exactly so wide", 109.3, "exactly so wide")]
    [TestCase("exactly so wide", 109.1, "exactly so wi\u2026")]
    [TestCase("\U0001F600\U0001F600\U0001F600", 30, "\U0001F600\u2026", "no pair of surrogates is torn")]
    [TestCase("nothing fits", 3, "\u2026")]
    public void Fit_cuts_what_is_too_wide(string text, double width, string expected, string reason = "") =>
        Assert.That(ChartText.Fit(text, 12, width), Is.EqualTo(expected), reason);

    [TestCase(0, "0")]
    [TestCase(999.4, "999")]
    [TestCase(999.6, "1k", "rounded into the next unit")]
    [TestCase(1_500, "1.5k")]
    [TestCase(71_549, "71.5k")]
    [TestCase(1_234_567, "1.23M")]
    [TestCase(2.5e9, "2.5G")]
    [TestCase(0.04567, "0.0457")]
    [TestCase(-1_500, "-1.5k")]
    public void Number_has_three_digits(double value, string expected, string reason = "") =>
        Assert.That(ChartText.Number(value), Is.EqualTo(expected), reason);
}
