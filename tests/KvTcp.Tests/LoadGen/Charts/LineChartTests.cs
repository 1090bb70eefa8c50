using KvTcp.LoadGen;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Charts;

/// <summary>Charts of lines: points lie where the scales say, and no data or name breaks the drawing.</summary>
[TestFixture]
public class LineChartTests
{
    [Test]
    public void Points_lie_where_the_ticks_of_both_axes_say()
    {
        DrawnChart chart = Draw(AxisScale.Logarithmic, AxisScale.Linear, [(1, 0), (10, 4), (100, 8)]);

        Assert.That(chart.Dots.Select(static dot => dot.X), Is.EqualTo(new[] { "1", "10", "100" }.Select(chart.TextX)).Within(0.02));

        // A label's baseline stands a little below the line that it belongs to.
        Assert.That(chart.Dots.Select(static dot => dot.Y + 4), Is.EqualTo(new[] { "0", "4", "8" }.Select(chart.TextY)).Within(0.02));
        Assert.That(chart.Lines, Has.Length.EqualTo(1));
        Assert.That(chart.Lines[0], Is.EqualTo(chart.Dots));
    }

    [Test]
    public void Shares_lie_by_their_nines()
    {
        DrawnChart chart = Draw(AxisScale.Nines, AxisScale.Linear, [(0, 1), (0.9, 2), (0.99, 3), (0.999, 4)]);
        double[] x = [.. chart.Dots.Select(static dot => dot.X)];

        Assert.That(x[2] - x[1], Is.EqualTo(x[1] - x[0]).Within(0.02));
        Assert.That(x[3] - x[2], Is.EqualTo(x[1] - x[0]).Within(0.02));
    }

    [Test]
    public void No_points_say_so()
    {
        Assert.That(Draw(AxisScale.Logarithmic, AxisScale.Linear, []).Texts, Does.Contain("no data"));
        Assert.That(new DrawnChart(Chart([]).ToSvg()).Texts, Does.Contain("no data"));
    }

    [Test]
    public void One_point_is_a_dot_without_a_line()
    {
        DrawnChart chart = Draw(AxisScale.Linear, AxisScale.Logarithmic, [(3, 7)]);

        Assert.That(chart.Dots, Has.Length.EqualTo(1));
        Assert.That(chart.Lines, Is.Empty);
        Assert.That(chart.Texts, Does.Not.Contain("no data"));
    }

    [TestCase(0)]
    [TestCase(-5)]
    [TestCase(double.NaN)]
    public void Point_without_a_place_breaks_the_line(double value)
    {
        DrawnChart chart = Draw(AxisScale.Linear, AxisScale.Logarithmic, [(1, 10), (2, 20), (3, value), (4, 20), (5, 10)]);

        Assert.That(chart.Lines.Select(static line => line.Length), Is.EqualTo([2, 2]));
        Assert.That(chart.Dots, Has.Length.EqualTo(4));
    }

    [Test]
    public void Many_points_are_a_line_without_dots()
    {
        DrawnChart chart = Draw(AxisScale.Linear, AxisScale.Linear, [.. Enumerable.Range(0, 600).Select(static x => ((double)x, x % 7.0))]);

        Assert.That(chart.Lines[0], Has.Length.EqualTo(600));
        Assert.That(chart.Dots, Is.Empty);
    }

    [TestCase("<script>alert('x')</script>")]
    [TestCase("a & b \"quoted\" 'once' ]]> -->")]
    [TestCase("über 東京 \U0001F600")]
    public void Names_are_shown_as_they_are(string name)
    {
        LineChart chart = new() { Title = name, XLabel = name, YLabel = name, Series = [new ChartSeries(name, [(1, 2)])] };

        Assert.That(new DrawnChart(chart.ToSvg()).Count(name), Is.EqualTo(4), "title, two axes, legend");
        Assert.That(chart.ToSvg(), Does.Not.Contain("<script"));
    }

    [TestCase("a\0b", "a\uFFFDb")]
    [TestCase("\u001b[31mred", "\uFFFD[31mred")]
    [TestCase("\uffff", "\uFFFD")]
    public void Characters_that_XML_cannot_hold_are_replaced(string name, string shown)
    {
        LineChart chart = Chart([new ChartSeries(name, [(1, 2)])]) with { Title = name };

        Assert.That(new DrawnChart(chart.ToSvg()).Count(shown), Is.EqualTo(2));
    }

    [Test]
    public void Half_of_a_surrogate_pair_is_replaced() =>
        Assert.That(ChartText.Printable("half " + (char)0xD83D + " pair"), Is.EqualTo("half \uFFFD pair"));

    [Test]
    public void Everything_lies_inside_the_chart_however_many_series()
    {
        ChartSeries[] series =
            [.. Enumerable.Range(0, 30).Select(static index => new ChartSeries($"a server with a long name, {index}", [(1, index), (90_000, 1e7 + index)]))];
        DrawnChart chart = new(Chart(series).ToSvg());

        Assert.That(chart.Places, Is.All.Matches<(double X, double Y)>(
            place => place.X >= 0 && place.X <= chart.Size.Width && place.Y >= 0 && place.Y <= chart.Size.Height));
    }

    [Test]
    public void Series_beyond_the_colours_are_told_apart_by_dashes()
    {
        ChartSeries[] series = [.. Enumerable.Range(0, 20).Select(static index => new ChartSeries($"{index}", [(1, index), (2, index)]))];
        DrawnChart chart = new(Chart(series).ToSvg());

        string[] looks =
            [.. chart.Elements("polyline").Take(20).Select(static line => $"{line.Attribute("class")!.Value} {line.Attribute("stroke-dasharray")?.Value}")];
        Assert.That(looks, Is.Unique);
    }

    [Test]
    public void Chart_needs_nothing_from_elsewhere_and_suits_a_dark_background()
    {
        string svg = Chart([new ChartSeries("a", [(1, 2)])]).ToSvg();

        Assert.That(svg, Does.Contain("prefers-color-scheme:dark"));
        Assert.That(
            svg.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal),
            Does.Not.Contain("http").And.Not.Contain("url(").And.Not.Contain("@import"));
    }

    private static LineChart Chart(IReadOnlyList<ChartSeries> series) => new() { Title = "title", XLabel = "x", YLabel = "y", Series = series };

    private static DrawnChart Draw(AxisScale x, AxisScale y, (double X, double Y)[] points) =>
        new((Chart([new ChartSeries("name", points)]) with { XScale = x, YScale = y }).ToSvg());
}
