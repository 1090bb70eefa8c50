using System.Text;
using System.Xml;

namespace KvTcp.LoadGen;

/// <summary>Text in charts: short numbers, widths, and names from anywhere.</summary>
internal static class ChartText
{
    private static readonly (double Unit, string Suffix)[] Units = [(1e9, "G"), (1e6, "M"), (1e3, "k")];

    /// <summary>A number in three significant digits, with k, M or G for thousands, millions, thousands of millions.</summary>
    /// <param name="value">The number.</param>
    public static string Number(double value)
    {
        double size = Math.Abs(value);
        foreach ((double unit, string suffix) in Units)
        {
            // 999.6 would be rounded to 1000, and so belongs to the next unit.
            if (size >= unit * 0.9995)
            {
                return Digits(value / unit) + suffix;
            }
        }

        return Digits(value);
    }

    /// <summary>About how wide a text is: fonts differ, so this is on the generous side.</summary>
    /// <param name="text">The text.</param>
    /// <param name="fontSize">The height of the font.</param>
    public static double Width(string text, double fontSize) => text.EnumerateRunes().Sum(static rune => Width(rune)) * fontSize;

    /// <summary>A text, cut off with an ellipsis where it would be too wide.</summary>
    /// <param name="text">The text.</param>
    /// <param name="fontSize">The height of the font.</param>
    /// <param name="width">How wide it may be.</param>
    public static string Fit(string text, double fontSize, double width)
    {
        if (Width(text, fontSize) <= width)
        {
            return text;
        }

        StringBuilder fitting = new();
        double left = (width / fontSize) - 1;
        foreach (Rune rune in text.EnumerateRunes().TakeWhile(rune => (left -= Width(rune)) >= 0))
        {
            fitting.Append(rune);
        }

        return fitting.Append('\u2026').ToString();
    }

    /// <summary>A text without the characters that XML cannot hold; each becomes U+FFFD.</summary>
    /// <param name="text">The text.</param>
    public static string Printable(string text)
    {
        StringBuilder printable = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool allowed = !rune.IsBmp || XmlConvert.IsXmlChar((char)rune.Value);
            printable.Append(allowed ? rune.ToString() : "\uFFFD");
        }

        return printable.ToString();
    }

    /// <summary>A number in three significant digits, without a unit.</summary>
    /// <param name="value">The number.</param>
    public static string Digits(double value)
    {
        double size = Math.Abs(value);
        if (size == 0 || !double.IsFinite(value))
        {
            return value.ToString("0");
        }

        int decimals = Math.Clamp(2 - (int)Math.Floor(Math.Log10(size)), 0, 12);
        return Math.Round(value, decimals).ToString("0.############");
    }

    // In heights of the font, after the widest of the usual fonts.
    private static double Width(Rune rune) => rune.Value switch
    {
        ' ' or '.' or ',' or ':' or ';' or '\'' or '|' or '!' or '(' or ')' or '[' or ']' or '/' or '-' or 'f' or 'i' or 'j' or 'l' or 'r' or 't' or 'I' => 0.45,
        'm' or 'w' or 'M' or 'W' or '@' or '%' => 1,
        >= 'A' and <= 'Z' => 0.8,
        < 0x2E80 => 0.65,
        _ => 1,
    };
}
