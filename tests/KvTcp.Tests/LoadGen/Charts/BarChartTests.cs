using KvTcp.LoadGen;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Charts;

/// <summary>Charts of bars: lengths in proportion, one colour a name, and no value or name breaks the drawing.</summary>
[TestFixture]
public class BarChartTests
{
    [Test]
    public void Bars_are_as_long_as_their_values_and_say_them()
    {
        DrawnChart chart = Draw(("a", 250), ("b", 1000), ("c", 500));

        Assert.That(chart.BarLengths[0] * 4, Is.EqualTo(chart.BarLengths[1]).Within(0.1));
        Assert.That(chart.BarLengths[2] * 2, Is.EqualTo(chart.BarLengths[1]).Within(0.1));
        Assert.That(chart.BarValues, Is.EqualTo(["250", "1k", "500"]));
    }

    [Test]
    public void Name_has_one_colour_in_all_groups()
    {
        BarChart chart = Chart(("one", [("a", 1), ("b", 2)]), ("two", [("b", 3), ("c", 4)]));

        Assert.That(new DrawnChart(chart.ToSvg()).BarColours, Is.EqualTo(["c0", "c1", "c1", "c2"]));
    }

    [TestCase(0, "0")]
    [TestCase(-12, "-12")]
    [TestCase(double.NaN, "no value")]
    [TestCase(double.PositiveInfinity, "no value")]
    public void Value_without_a_length_is_said_only(double value, string expected)
    {
        DrawnChart chart = Draw(("a", value), ("b", 10));

        Assert.That(chart.BarLengths[0], Is.Zero);
        Assert.That(chart.BarValues[0], Is.EqualTo(expected));
    }

    [Test]
    public void No_groups_and_empty_groups_leave_the_title()
    {
        Assert.That(new DrawnChart(Chart().ToSvg()).Texts, Does.Contain("title"));
        Assert.That(new DrawnChart(Chart(("empty", [])).ToSvg()).Texts, Does.Contain("title").And.Contain("empty"));
    }

    [Test]
    public void Group_without_a_name_has_no_heading()
    {
        Assert.That(new DrawnChart(Chart(("", [("a", 1)])).ToSvg()).Texts, Has.None.Empty);
    }

    [TestCase("<b>&\"'</b>")]
    [TestCase("]]> -->")]
    public void Names_are_shown_as_they_are(string name)
    {
        BarChart chart = Chart((name, [(name, 1)])) with { Title = name, ValueLabel = name };

        Assert.That(new DrawnChart(chart.ToSvg()).Count(name), Is.EqualTo(4));
    }

    [Test]
    public void Everything_lies_inside_the_chart()
    {
        BarChart many = Chart([.. Enumerable.Range(0, 9).Select(static index =>
            ($"group {index}", (IReadOnlyList<(string, double)>)[("a", 1e9 * index), (new string('n', 200), 5e9)]))]);
        DrawnChart chart = new(many.ToSvg());

        Assert.That(chart.Places, Is.All.Matches<(double X, double Y)>(
            place => place.X >= 0 && place.X <= chart.Size.Width && place.Y >= 0 && place.Y <= chart.Size.Height));
    }

    private static BarChart Chart(params (string Group, IReadOnlyList<(string Name, double Value)> Bars)[] groups) =>
        new() { Title = "title", ValueLabel = "unit", Groups = groups };

    private static DrawnChart Draw(params (string Name, double Value)[] bars) => new(Chart(("", bars)).ToSvg());
}
