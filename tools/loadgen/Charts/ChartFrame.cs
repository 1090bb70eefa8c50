using System.Xml.Linq;

namespace KvTcp.LoadGen;

/// <summary>The rectangle that lines are drawn in, with its grid, ticks and labels. Immutable.</summary>
/// <param name="X">The horizontal axis.</param>
/// <param name="Y">The vertical axis.</param>
/// <param name="Left">Its left edge.</param>
/// <param name="Top">Its upper edge.</param>
/// <param name="Width">Its width.</param>
/// <param name="Height">Its height.</param>
internal sealed record ChartFrame(Axis X, Axis Y, double Left, double Top, double Width, double Height)
{
    private const double LabelGap = 8;

    private double Bottom => Top + Height;

    /// <summary>Where a point lies in the chart; null when an axis has no place for it.</summary>
    /// <param name="point">The point, in the units of the axes.</param>
    public (double X, double Y)? Place((double X, double Y) point) => X.Place(point.X) is { } x && Y.Place(point.Y) is { } y
        ? (Left + (x * Width), Bottom - (y * Height))
        : null;

    /// <summary>How much room the labels of an axis need beside it.</summary>
    /// <param name="axis">The vertical axis.</param>
    public static double LabelWidth(Axis axis) =>
        axis.Ticks.Max(tick => ChartText.Width(axis.Label(tick), ChartStyle.TextSize)) + LabelGap;

    /// <summary>Draws the grid, the ticks' labels, and what the axes are called.</summary>
    /// <param name="xLabel">What the horizontal axis is called.</param>
    /// <param name="yLabel">What the vertical one is called, above it.</param>
    public IEnumerable<XElement> Draw(string xLabel, string yLabel)
    {
        foreach (double tick in Y.Ticks)
        {
            double y = Bottom - (Y.Place(tick)!.Value * Height);
            yield return Svg.Line(Left, y, Left + Width, y, "grid");
            yield return Svg.Text(Left - LabelGap, y + 4, Y.Label(tick), "quiet", "end");
        }

        double free = double.NegativeInfinity;
        foreach (double tick in X.Ticks)
        {
            double x = Left + (X.Place(tick)!.Value * Width);
            double half = ChartText.Width(X.Label(tick), ChartStyle.TextSize) / 2;
            yield return Svg.Line(x, Bottom, x, Bottom + 5, "axis");

            // Where ticks crowd, those stay unlabelled whose label would cover the one before.
            if (x - half >= free)
            {
                yield return Svg.Text(x, Bottom + 19, X.Label(tick), "quiet", "middle");
                free = x + half + LabelGap;
            }
        }

        yield return Svg.Line(Left, Bottom, Left + Width, Bottom, "axis");
        yield return Svg.Text(Left + (Width / 2), Bottom + 40, xLabel, "quiet", "middle");
        yield return Svg.Text(Left - LabelWidth(Y), Top - 14, yLabel, "quiet");
    }
}
