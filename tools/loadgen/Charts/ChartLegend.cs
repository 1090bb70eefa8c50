using System.Xml.Linq;

namespace KvTcp.LoadGen;

/// <summary>Says which colour is which series, in rows below the title.</summary>
internal static class ChartLegend
{
    private const double RowHeight = 20;
    private const double SampleWidth = 20;
    private const double SampleGap = 6;
    private const double EntryGap = 18;

    /// <summary>Draws it.</summary>
    /// <param name="names">The series, in the order of their colours.</param>
    /// <param name="left">Where rows begin.</param>
    /// <param name="width">How wide rows may be.</param>
    /// <param name="top">Its upper edge.</param>
    /// <returns>Its elements, and its height.</returns>
    public static (IReadOnlyList<XElement> Elements, double Height) Draw(
        IReadOnlyList<string> names, double left, double width, double top)
    {
        List<XElement> elements = [];
        double x = left;
        double row = 0;
        for (int index = 0; index < names.Count; index++)
        {
            if (names[index].Length == 0)
            {
                continue;
            }

            double entry = SampleWidth + SampleGap + ChartText.Width(names[index], ChartStyle.TextSize);
            if (x > left && x + entry > left + width)
            {
                x = left;
                row++;
            }

            double middle = top + (row * RowHeight) + (RowHeight / 2);
            elements.Add(Svg.Polyline(
                [(x, middle), (x + SampleWidth, middle)], $"line {ChartStyle.ColourClass(index)}", ChartStyle.Dashes(index)));
            elements.Add(Svg.Text(x + SampleWidth + SampleGap, middle + 4, names[index], "name"));
            x += entry + EntryGap;
        }

        return (elements, elements.Count == 0 ? 0 : (row + 1) * RowHeight);
    }
}
