using System.Xml.Linq;

namespace KvTcp.LoadGen;

/// <summary>A chart of lines over two axes. Immutable.</summary>
/// <remarks>
/// A point that an axis has no place for (<see cref="Axis.HasPlace"/>: zero and below on a logarithmic axis, 1 and above on one of nines)
/// is left out, and its line is broken there.
/// </remarks>
internal sealed record LineChart
{
    private const double ChartWidth = 760;
    private const double PlotHeight = 270;
    private const double Margin = 24;
    private const double LegendTop = 46;

    // Dots mark what was measured; where they would touch, the line alone shows more.
    private const int MostDots = 40;

    /// <summary>What it shows, above it.</summary>
    public required string Title { get; init; }

    /// <summary>The horizontal axis: what, and in which unit.</summary>
    public required string XLabel { get; init; }

    /// <summary>The vertical axis: what, and in which unit.</summary>
    public required string YLabel { get; init; }

    /// <summary>The scale of the horizontal axis.</summary>
    public AxisScale XScale { get; init; }

    /// <summary>The scale of the vertical axis.</summary>
    public AxisScale YScale { get; init; }

    /// <summary>Puts a value of the vertical axis into words.</summary>
    public Func<double, string> YText { get; init; } = ChartText.Number;

    /// <summary>The lines. One without a name has no place in the legend.</summary>
    public required IReadOnlyList<ChartSeries> Series { get; init; }

    /// <summary>What happened when, for a chart over time; pointing at the mark shows the text.</summary>
    public IReadOnlyList<(double X, string Text)> Marks { get; init; } = [];

    /// <summary>Draws it.</summary>
    /// <returns>An SVG element that stands alone or in a page, readable on a light and on a dark background.</returns>
    public string ToSvg()
    {
        (double X, double Y)[] points = [.. Series.SelectMany(static series => series.Points).Where(HasPlace)];
        Axis x = Axis.Over(XScale, points.Select(static point => point.X), endsOnTick: false);
        Axis y = Axis.Over(YScale, points.Select(static point => point.Y), endsOnTick: true) with { Text = YText };
        (IReadOnlyList<XElement> legend, double legendHeight) =
            ChartLegend.Draw([.. Series.Select(static series => series.Name)], Margin, ChartWidth - (2 * Margin), LegendTop);

        double left = Margin + ChartFrame.LabelWidth(y);
        double top = LegendTop + legendHeight + 34;
        double lastLabel = ChartText.Width(x.Label(x.Ticks[^1]), ChartStyle.TextSize);
        ChartFrame frame = new(x, y, left, top, ChartWidth - left - double.Max(Margin, (lastLabel / 2) + 4), PlotHeight);

        XElement chart = Svg.Chart(ChartWidth, top + PlotHeight + 58, Title).With(
            Svg.Text(Margin, 33, Title, "title"),
            legend,
            frame.Draw(XLabel, YLabel),
            Marks.SelectMany(mark => Draw(mark, frame)),
            Series.SelectMany((series, index) => Draw(series, index, frame)));
        if (points.Length == 0)
        {
            chart.Add(Svg.Text(left + (frame.Width / 2), top + (PlotHeight / 2), "no data", "quiet", "middle"));
        }

        return chart.ToString(SaveOptions.DisableFormatting);
    }

    private bool HasPlace((double X, double Y) point) => Axis.HasPlace(XScale, point.X) && Axis.HasPlace(YScale, point.Y);

    private static IEnumerable<XElement> Draw(ChartSeries series, int index, ChartFrame frame)
    {
        string colour = ChartStyle.ColourClass(index);
        foreach (List<(double X, double Y)> stretch in Stretches(series, frame).Where(static stretch => stretch.Count > 1))
        {
            yield return Svg.Polyline(stretch, $"line {colour}", ChartStyle.Dashes(index));
        }

        if (series.Points.Count > MostDots)
        {
            yield break;
        }

        foreach ((double X, double Y) point in series.Points)
        {
            if (frame.Place(point) is { } place)
            {
                string text = $"{series.Name}: {frame.X.Label(point.X)}, {frame.Y.Label(point.Y)}";
                yield return Svg.Dot(place.X, place.Y, colour, text);
            }
        }
    }

    private static IEnumerable<XElement> Draw((double X, string Text) mark, ChartFrame frame)
    {
        if (frame.X.Place(mark.X) is double x and >= 0 and <= 1)
        {
            double left = frame.Left + (x * frame.Width);
            yield return Svg.Line(left, frame.Top, left, frame.Top + frame.Height, "axis");
            yield return Svg.Dot(left, frame.Top, ChartStyle.ColourClass(1), mark.Text);
        }
    }

    /// <summary>The stretches of a line between the points that are left out.</summary>
    private static IEnumerable<List<(double X, double Y)>> Stretches(ChartSeries series, ChartFrame frame)
    {
        List<(double X, double Y)> stretch = [];
        foreach ((double X, double Y) point in series.Points)
        {
            if (frame.Place(point) is { } place)
            {
                stretch.Add(place);
            }
            else
            {
                yield return stretch;
                stretch = [];
            }
        }

        yield return stretch;
    }
}
