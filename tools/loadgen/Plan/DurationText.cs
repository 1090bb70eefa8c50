using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace KvTcp.LoadGen;

/// <summary>Durations as users write them: <c>500ms</c>, <c>10s</c>, <c>5m</c>, <c>1h</c>; a plain number counts seconds.</summary>
internal static class DurationText
{
    private static readonly (string Suffix, double Seconds)[] Units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)];

    /// <summary>Reads one.</summary>
    /// <param name="text">The text.</param>
    /// <param name="least">The shortest allowed.</param>
    /// <param name="most">The longest allowed.</param>
    /// <param name="duration">The duration.</param>
    /// <param name="error">What would be right, to stand after what is wrong.</param>
    public static bool TryParse(string text, TimeSpan least, TimeSpan most, out TimeSpan duration, [NotNullWhen(false)] out string? error)
    {
        (string suffix, double unit) = Units.FirstOrDefault(u => text.EndsWith(u.Suffix, StringComparison.Ordinal), (Suffix: "", 1));
        bool isNumber = double.TryParse(text.AsSpan(0, text.Length - suffix.Length), NumberStyles.AllowDecimalPoint, null, out double count);
        bool isInside = isNumber && count * unit >= least.TotalSeconds && count * unit <= most.TotalSeconds;
        duration = isInside ? TimeSpan.FromSeconds(count * unit) : default;
        error = isInside ? null : $"is not a duration from {FigureText.Time(least)} to {FigureText.Time(most)}, such as \"500ms\", \"10s\", \"5m\" or \"1h\"";
        return isInside;
    }
}
