using System.Xml.Linq;

namespace KvTcp.LoadGen;

/// <summary>The HTML elements that the report consists of. Text becomes text: whatever a server or a user has written stays harmless.</summary>
internal static class Html
{
    /// <summary>An element.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="style">Its class; empty for none.</param>
    /// <param name="content">Its content: elements, or text.</param>
    public static XElement Element(string name, string style, params ReadOnlySpan<object> content)
    {
        // Empty text keeps the end tag, which HTML wants: browsers take <p/> for a <p> that goes on.
        XElement element = new(name, "");
        if (style.Length > 0)
        {
            element.SetAttributeValue("class", style);
        }

        foreach (object part in content)
        {
            element.Add(part is string text ? ChartText.Printable(text) : part);
        }

        return element;
    }

    /// <summary>A table whose first column names its rows.</summary>
    /// <param name="content">The heads of the columns, or none, and the rows.</param>
    public static XElement Table((IReadOnlyList<string> Heads, IEnumerable<IReadOnlyList<string>> Rows) content)
    {
        XElement table = Element("table", "");
        if (content.Heads.Count > 0)
        {
            table.Add(Element("thead", "", Element("tr", "", [.. content.Heads.Select(static head => Element("th", "", head))])));
        }

        table.Add(Element(
            "tbody",
            "",
            [.. content.Rows.Select(static row => Element("tr", "", [Element("th", "", row[0]), .. row.Skip(1).Select(static cell => Element("td", "", cell))]))]));

        // A table that is wider than the window is scrolled alone, not the page with it.
        return Element("div", "scroll", table);
    }
}
