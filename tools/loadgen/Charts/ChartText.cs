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
    public static double Width(string text, double fontSize) => text.Length * fontSize * 0.65;

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
}
