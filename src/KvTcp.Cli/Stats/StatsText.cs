namespace KvTcp.Cli;

/// <summary>Figures as <c>kvtcp stats --watch</c> shows them to people.</summary>
internal static class StatsText
{
    private const string Unknown = "-";

    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>A number of things: <c>1,234,567</c>.</summary>
    public static string Count(double count) => count.ToString("N0");

    /// <summary>A number a second, in tenths when it is small; a hyphen when it is not known.</summary>
    public static string Rate(double? rate) => rate switch
    {
        null => Unknown,
        > 0 and < 10 => rate.Value.ToString("0.0"),
        _ => Count(rate.Value),
    };

    /// <summary>A number of bytes in three digits or more: <c>812 MiB</c>, <c>1.25 GiB</c>.</summary>
    public static string Bytes(double bytes)
    {
        int unit = 0;
        for (; bytes >= 1024 && unit < Units.Length - 1; unit++)
        {
            bytes /= 1024;
        }

        return $"{bytes.ToString(unit == 0 || bytes >= 100 ? "0" : bytes >= 10 ? "0.0" : "0.00")} {Units[unit]}";
    }

    /// <summary>Bytes a second; a hyphen when they are not known.</summary>
    public static string BytesRate(double? rate) => rate is null ? Unknown : $"{Bytes(rate.Value)}/s";

    /// <summary>A share: <c>97.5%</c>; a hyphen when it is not known. What is not all is never shown as 100%.</summary>
    public static string Percent(double? share) => share switch
    {
        null => Unknown,
        1 => "100%",
        _ => $"{Math.Min(share.Value * 100, 99.9):0.0}%",
    };

    /// <summary>A time in its two largest units: <c>2 h 13 min</c>, <c>45 s</c>.</summary>
    public static string Duration(TimeSpan time) => time switch
    {
        { TotalDays: >= 1 } => $"{time.Days} d {time.Hours} h",
        { TotalHours: >= 1 } => $"{time.Hours} h {time.Minutes} min",
        { TotalMinutes: >= 1 } => $"{time.Minutes} min {time.Seconds} s",
        _ => $"{time.Seconds} s",
    };

    /// <summary>A text in one line of a terminal: cut where it is too long, with a question mark for what would control the terminal.</summary>
    /// <param name="text">The text, which may come from elsewhere.</param>
    /// <param name="width">The most characters.</param>
    public static string Cut(string text, int width)
    {
        const string More = "...";
        string line = string.Create(text.Length, text, static (characters, source) =>
        {
            for (int i = 0; i < characters.Length; i++)
            {
                characters[i] = char.IsControl(source[i]) ? '?' : source[i];
            }
        });
        return line.Length <= width ? line
            : width > More.Length ? line[..(width - More.Length)] + More
            : line[..Math.Max(0, width)];
    }
}
