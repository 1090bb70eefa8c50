using System.Xml.Linq;

namespace KvTcp.LoadGen;

/// <summary>A chart of groups of horizontal bars, one colour for each name across the groups. Immutable.</summary>
/// <remarks>Bars begin at zero; a value below it has a bar of no length, and one that is no number says so, each in figures.</remarks>
internal sealed record BarChart
{
    private const double ChartWidth = 760;
    private const double Margin = 24;
    private const double FirstRow = 56;
    private const double RowHeight = 20;
    private const double BarHeight = 14;
    private const double HeaderHeight = 22;
    private const double GroupGap = 14;
    private const double LabelGap = 8;
    private const double ValueWidth = 52;

    // A long name may take half of the chart, not all of it.
    private const double MostNameWidth = ChartWidth / 2;

    /// <summary>What it shows, above it.</summary>
    public required string Title { get; init; }

    /// <summary>The axis of the values: what, and in which unit.</summary>
    public required string ValueLabel { get; init; }

    /// <summary>The groups, each with its bars. A group without a name has no heading.</summary>
    public required IReadOnlyList<(string Group, IReadOnlyList<(string Name, double Value)> Bars)> Groups { get; init; }

    /// <summary>Draws it, each bar with its value at its end.</summary>
    /// <returns>An SVG element that stands alone or in a page, readable on a light and on a dark background.</returns>
    public string ToSvg()
    {
        (string Name, double Value)[] bars = [.. Groups.SelectMany(static group => group.Bars)];
        string[] names = [.. bars.Select(static bar => bar.Name).Distinct(StringComparer.Ordinal)];
        Axis axis = Axis.Over(AxisScale.Linear, bars.Select(static bar => double.Max(bar.Value, 0)), endsOnTick: false);

        double nameWidth = names.Select(static name => ChartText.Width(name, ChartStyle.TextSize)).DefaultIfEmpty(0).Max();
        double left = Margin + double.Min(nameWidth, MostNameWidth) + LabelGap;
        double width = ChartWidth - left - Margin - ValueWidth;

        List<XElement> rows = [];
        List<XElement> grid = [];
        double y = FirstRow;
        foreach ((string group, IReadOnlyList<(string Name, double Value)> groupBars) in Groups)
        {
            if (group.Length > 0)
            {
                rows.Add(Svg.Text(Margin, y + 14, group, "group"));
                y += HeaderHeight;
            }

            grid.AddRange(Grid(axis, left, width, y, y + (groupBars.Count * RowHeight)));
            foreach ((string name, double value) in groupBars)
            {
                rows.AddRange(Draw(name, value, Array.IndexOf(names, name), axis, (left, width, y)));
                y += RowHeight;
            }

            y += GroupGap;
        }

        return Svg.Chart(ChartWidth, y + 44, Title)
            .With(Svg.Text(Margin, 33, Title, "title"), grid, rows, Labels(axis, left, width, y))
            .ToString(SaveOptions.DisableFormatting);
    }

    private static IEnumerable<XElement> Draw(string name, double value, int colour, Axis axis, (double Left, double Width, double Y) row)
    {
        double length = double.IsFinite(value) && value > 0 ? axis.Place(value)!.Value * row.Width : 0;
        double middle = row.Y + (RowHeight / 2);
        yield return Svg.Text(row.Left - LabelGap, middle + 4, ChartText.Fit(name, ChartStyle.TextSize, MostNameWidth), "name", "end");
        yield return Svg.Rectangle(row.Left, middle - (BarHeight / 2), length, BarHeight, ChartStyle.ColourClass(colour));
        yield return Svg.Text(row.Left + length + 6, middle + 4, double.IsFinite(value) ? ChartText.Number(value) : "no value", "value");
    }

    // Lines stop between the groups, where the headings stand.
    private static IEnumerable<XElement> Grid(Axis axis, double left, double width, double top, double bottom) =>
        axis.Ticks.Select(tick => (Tick: tick, X: left + (axis.Place(tick)!.Value * width)))
            .Select(line => Svg.Line(line.X, top, line.X, bottom, line.Tick == 0 ? "axis" : "grid"));

    private IEnumerable<XElement> Labels(Axis axis, double left, double width, double y) =>
    [
        .. axis.Ticks.Select(tick => Svg.Text(left + (axis.Place(tick)!.Value * width), y + 10, axis.Label(tick), "quiet", "middle")),
        Svg.Text(left + (width / 2), y + 31, ValueLabel, "quiet", "middle"),
    ];
}
