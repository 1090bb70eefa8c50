using System.Xml.Linq;

namespace KvTcp.LoadGen;

/// <summary>The SVG elements that charts consist of. Lengths are in pixels of the chart's own size.</summary>
internal static class Svg
{
    private static readonly XNamespace Namespace = "http://www.w3.org/2000/svg";

    /// <summary>The element around a chart: its size, its name for screen readers, its style sheet and its background.</summary>
    /// <param name="width">The width.</param>
    /// <param name="height">The height.</param>
    /// <param name="title">What the chart shows.</param>
    public static XElement Chart(double width, double height, string title) => Element(
        "svg",
        ("viewBox", $"0 0 {Length(width)} {Length(height)}"),
        ("width", Length(width)),
        ("height", Length(height)),
        ("class", "chart"),
        ("role", "img"),
        ("aria-label", ChartText.Printable(title))).With(
            Element("style").With(ChartStyle.Css),
            Element(
                "rect", ("class", "back"), ("width", Length(width)), ("height", Length(height)), ("rx", "6")));

    public static XElement Text(double x, double y, string text, string style, string anchor = "start") => Element(
        "text", ("x", Length(x)), ("y", Length(y)), ("class", style), ("text-anchor", anchor)).With(ChartText.Printable(text));

    public static XElement Line(double x1, double y1, double x2, double y2, string style) => Element(
        "line", ("x1", Length(x1)), ("y1", Length(y1)), ("x2", Length(x2)), ("y2", Length(y2)), ("class", style));

    public static XElement Rectangle(double x, double y, double width, double height, string style) => Element(
        "rect",
        ("x", Length(x)), ("y", Length(y)), ("width", Length(width)), ("height", Length(height)), ("class", style), ("rx", "2"));

    /// <summary>A dot; pointing at it shows a text.</summary>
    public static XElement Dot(double x, double y, string style, string text) => Element(
        "circle", ("cx", Length(x)), ("cy", Length(y)), ("r", "3"), ("class", style)).With(
            Element("title").With(ChartText.Printable(text)));

    public static XElement Polyline(IEnumerable<(double X, double Y)> points, string style, string? dashes)
    {
        XElement line = Element(
            "polyline",
            ("points", string.Join(' ', points.Select(static point => $"{Length(point.X)},{Length(point.Y)}"))),
            ("class", style));
        if (dashes is not null)
        {
            line.SetAttributeValue("stroke-dasharray", dashes);
        }

        return line;
    }

    /// <summary>Adds children.</summary>
    public static XElement With(this XElement element, params object[] children)
    {
        element.Add(children);
        return element;
    }

    // A hundredth of a pixel is finer than any screen.
    private static string Length(double length) => Math.Round(length, 2).ToString("0.##");

    private static XElement Element(string name, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        XElement element = new(Namespace + name);
        foreach ((string attribute, string value) in attributes)
        {
            element.SetAttributeValue(attribute, value);
        }

        return element;
    }
}
