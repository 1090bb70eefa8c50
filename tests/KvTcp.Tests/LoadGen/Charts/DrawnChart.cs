using System.Globalization;
using System.Xml.Linq;

namespace KvTcp.Tests.LoadGen.Charts;

/// <summary>A chart's SVG, read back by a strict XML parser.</summary>
internal sealed class DrawnChart
{
    private readonly XElement _root;

    public DrawnChart(string svg) => _root = XElement.Parse(svg);

    public string[] Texts => [.. Elements("text").Select(static text => text.Value)];

    public (double X, double Y)[] Dots => [.. Elements("circle").Select(static dot => (Number(dot, "cx"), Number(dot, "cy")))];

    /// <summary>The lines of the series, without the samples of the legend, which have two points side by side at the same height.</summary>
    public (double X, double Y)[][] Lines => [.. Elements("polyline").Select(static line => Points(line)).Where(static points => !IsSample(points))];

    public double[] BarLengths => [.. Elements("rect").Skip(1).Select(static bar => Number(bar, "width"))];

    public string[] BarColours => [.. Elements("rect").Skip(1).Select(static bar => bar.Attribute("class")!.Value)];

    /// <summary>The figures at the ends of bars.</summary>
    public string[] BarValues =>
        [.. Elements("text").Where(static text => Is(text.Attribute("class")!.Value, "value")).Select(static text => text.Value)];

    public IEnumerable<XElement> Elements(string name) => _root.Descendants().Where(element => Is(element.Name.LocalName, name));

    public int Count(string text) => Texts.Count(shown => Is(shown, text));

    /// <summary>Every place that something is drawn at, to compare with the size of the chart.</summary>
    public IEnumerable<(double X, double Y)> Places =>
        Elements("text").Select(static text => (Number(text, "x"), Number(text, "y"))).Concat(Dots).Concat(Lines.SelectMany(static line => line));

    public (double Width, double Height) Size => (Number(_root, "width"), Number(_root, "height"));

    public double TextX(string text) => Number(Elements("text").Single(element => Is(element.Value, text)), "x");

    public double TextY(string text) => Number(Elements("text").Single(element => Is(element.Value, text)), "y");

    private static bool Is(string actual, string expected) => string.Equals(actual, expected, StringComparison.Ordinal);

    private static bool IsSample((double X, double Y)[] points) =>
        points.Length == 2 && points[0].Y == points[1].Y && points[1].X - points[0].X == 20;

    private static (double X, double Y)[] Points(XElement line) =>
    [
        .. line.Attribute("points")!.Value.Split(' ').Select(static point => point.Split(','))
            .Select(static point => (Parse(point[0]), Parse(point[1]))),
    ];

    private static double Number(XElement element, string attribute) => Parse(element.Attribute(attribute)!.Value);

    private static double Parse(string number) => double.Parse(number, CultureInfo.InvariantCulture);
}
