using System.Xml.Linq;

namespace KvTcp.LoadGen;

/// <summary>What every page of a report has around its content. It needs nothing from elsewhere, and runs no script.</summary>
internal static class HtmlPage
{
    // The policy makes the browser hold to it: no request, whatever text has found its way into the page.
    private const string Policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

    /// <summary>Makes a page.</summary>
    /// <param name="title">Its title; the heading is part of the content.</param>
    /// <param name="content">What it shows.</param>
    public static string Write(string title, params object[] content)
    {
        XElement page = Html.Element("html", "", Head(title), Html.Element("body", "", Html.Element("main", "", content)));
        page.SetAttributeValue("lang", "en");
        return $"<!doctype html>\n{page.ToString(SaveOptions.DisableFormatting)}\n";
    }

    /// <summary>A box that nobody overlooks.</summary>
    /// <param name="what">What is bad, in a word or two.</param>
    /// <param name="text">More about it.</param>
    /// <param name="samples">What shows it.</param>
    public static XElement Bad(string what, string text, IReadOnlyList<string> samples) => Html.Element(
        "div",
        "bad",
        Html.Element("strong", "", what),
        $" {text}",
        Html.Element("ul", "", [.. samples.Select(static sample => Html.Element("li", "", sample))]));

    private static XElement Head(string title) => Html.Element(
        "head",
        "",
        Meta(("charset", "utf-8")),
        Meta(("name", "viewport"), ("content", "width=device-width, initial-scale=1")),
        Meta(("http-equiv", "Content-Security-Policy"), ("content", Policy)),
        Meta(("name", "color-scheme"), ("content", "light dark")),
        Html.Element("title", "", title),
        Html.Element("style", "", HtmlStyle.Css));

    private static XElement Meta(params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        XElement meta = new("meta");
        foreach ((string name, string value) in attributes)
        {
            meta.SetAttributeValue(name, value);
        }

        return meta;
    }
}
