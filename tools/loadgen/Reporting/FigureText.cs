namespace KvTcp.LoadGen;

/// <summary>Figures in words, each with its unit.</summary>
internal static class FigureText
{
    /// <summary>A latency in three significant digits: <c>62.1 us</c>, <c>1.24 ms</c>, <c>3 s</c>.</summary>
    /// <param name="latency">The latency, from 0.</param>
    public static string Latency(TimeSpan latency) => Latency(latency.TotalMicroseconds);

    /// <summary>A latency in three significant digits.</summary>
    /// <param name="microseconds">The latency, from 0.</param>
    public static string Latency(double microseconds) => microseconds switch
    {
        // 999.6 would be rounded to 1000, and so belongs to the next unit.
        < 999.5 => $"{ChartText.Digits(microseconds)} us",
        < 999_500 => $"{ChartText.Digits(microseconds / 1e3)} ms",
        _ => $"{ChartText.Digits(microseconds / 1e6)} s",
    };

    /// <summary>A number of things, with commas between the thousands.</summary>
    /// <param name="count">The number.</param>
    public static string Count(long count) => count.ToString("N0");

    /// <summary>A number a second: whole from 100 on, below that in three digits.</summary>
    /// <param name="rate">The number.</param>
    public static string Rate(double rate) => rate >= 100 ? rate.ToString("N0") : ChartText.Digits(rate);

    /// <summary>A share as a percentage in three digits.</summary>
    /// <param name="share">The share, 1 for the whole.</param>
    public static string Percent(double share) => $"{ChartText.Digits(share * 100)}%";

    /// <summary>A text that a terminal shows as it is: what would control the terminal becomes <c>?</c>.</summary>
    /// <param name="text">A text from anywhere.</param>
    public static string OneLine(string text) => string.Create(text.Length, text, static (line, source) =>
    {
        for (int index = 0; index < line.Length; index++)
        {
            line[index] = char.IsControl(source[index]) ? '?' : source[index];
        }
    });
}
