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
    /// <param name="heads">The heads of the columns; null for none.</param>
    /// <param name="rows">The rows.</param>
    public static XElement Table(IReadOnlyList<string>? heads, IEnumerable<IReadOnlyList<string>> rows)
    {
        XElement body = Element("tbody", "");
        foreach (IReadOnlyList<string> row in rows)
        {
            body.Add(Element("tr", "", [Element("th", "", row[0]), .. row.Skip(1).Select(static cell => Element("td", "", cell))]));
        }

        XElement table = Element("table", "", body);
        if (heads is not null)
        {
            table.AddFirst(Element("thead", "", Element("tr", "", [.. heads.Select(static head => Element("th", "", head))])));
        }

        // A table that is wider than the window is scrolled alone, not the page with it.
        return Element("div", "scroll", table);
    }
}
