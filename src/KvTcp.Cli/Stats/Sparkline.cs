namespace KvTcp.Cli;

/// <summary>A line of characters of different heights, one for each number.</summary>
internal static class Sparkline
{
    private const string Blocks = "▁▂▃▄▅▆▇█";
    private const string Ascii = "_.-=+*%#";

    /// <summary>Draws the last numbers that there is room for; the greatest of them is as high as it gets.</summary>
    /// <param name="numbers">The numbers, from 0.</param>
    /// <param name="width">The most characters.</param>
    /// <param name="isUnicode">Whether characters beyond ASCII can be shown.</param>
    public static string Of(IReadOnlyList<double> numbers, int width, bool isUnicode)
    {
        string heights = isUnicode ? Blocks : Ascii;
        double[] shown = [.. numbers.TakeLast(width)];
        double most = shown.DefaultIfEmpty(0).Max();
        return string.Concat(shown.Select(number => most > 0 ? heights[(int)Math.Round(number / most * (heights.Length - 1))] : heights[0]));
    }
}
