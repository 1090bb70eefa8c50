using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace KvTcp.Cli;

/// <summary>The notations of option values. Stateless.</summary>
internal static class ValueParsers
{
    private static readonly (string Suffix, double Seconds)[] DurationUnits = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)];

    private static readonly (string Suffix, int Bytes)[] SizeUnits = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

    /// <summary>Any text but the empty one.</summary>
    public static bool Path(string text, [NotNullWhen(true)] out string? value, [NotNullWhen(false)] out string? error)
    {
        value = text;
        error = text.Length > 0 ? null : "the path is empty";
        return error is null;
    }

    /// <summary>A whole number within limits.</summary>
    /// <param name="min">The least.</param>
    /// <param name="max">The most.</param>
    public static ValueParser<long> Integer(long min, long max) =>
        (string text, out long value, [NotNullWhen(false)] out string? error) =>
        {
            bool isNumber = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
            error = isNumber && value >= min && value <= max ? null : $"'{text}' is not a whole number from {min} to {max}";
            return error is null;
        };

    /// <summary>A number of bytes within limits: <c>65536</c>, <c>64KiB</c>, <c>1MiB</c>.</summary>
    /// <param name="min">The least.</param>
    /// <param name="max">The most.</param>
    public static ValueParser<int> Size(int min, int max) =>
        (string text, out int value, [NotNullWhen(false)] out string? error) =>
        {
            bool isInside = LongSize(min, max)(text, out long size, out error);
            value = (int)size;
            return isInside;
        };

    /// <summary>The same, of what may be more than an array holds.</summary>
    /// <param name="min">The least.</param>
    /// <param name="max">The most.</param>
    public static ValueParser<long> LongSize(long min, long max) =>
        (string text, out long value, [NotNullWhen(false)] out string? error) =>
        {
            (string suffix, int unit) = SizeUnits.FirstOrDefault(u => text.EndsWith(u.Suffix, StringComparison.Ordinal), (Suffix: "", 1));
            bool isNumber = long.TryParse(text.AsSpan(0, text.Length - suffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long count);
            bool isInside = isNumber && count <= max / unit && count * unit >= min;
            value = isInside ? count * unit : 0;
            error = isInside ? null : $"'{text}' is not a size from {min} to {max} bytes, such as 4096, 64KiB or 1MiB";
            return isInside;
        };

    /// <summary>A duration within limits: <c>500ms</c>, <c>10s</c>, <c>5m</c>, <c>1h</c>; a plain number counts seconds.</summary>
    /// <param name="min">The least.</param>
    /// <param name="max">The most.</param>
    public static ValueParser<TimeSpan> Duration(TimeSpan min, TimeSpan max) =>
        (string text, out TimeSpan value, [NotNullWhen(false)] out string? error) =>
        {
            (string suffix, double unit) = DurationUnits.FirstOrDefault(u => text.EndsWith(u.Suffix, StringComparison.Ordinal), (Suffix: "", 1));
            bool isNumber = double.TryParse(
                text.AsSpan(0, text.Length - suffix.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count);
            bool isInside = isNumber && count * unit >= min.TotalSeconds && count * unit <= max.TotalSeconds;
            value = isInside ? TimeSpan.FromSeconds(count * unit) : default;
            error = isInside ? null : $"'{text}' is not a duration from {Text(min)} to {Text(max)}, such as 500ms, 10s, 5m or 1h";
            return isInside;
        };

    /// <summary>A part of a whole, <c>50%</c> or <c>50</c>: 0 to 1.</summary>
    public static bool Percentage(string text, out double value, [NotNullWhen(false)] out string? error)
    {
        string number = text.EndsWith('%') ? text[..^1] : text;
        bool isNumber = double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double percent);
        value = percent / 100;
        error = isNumber && percent <= 100 ? null : $"'{text}' is not a percentage from 0% to 100%";
        return error is null;
    }

    /// <summary>One of a few words, in any case.</summary>
    /// <typeparam name="T">What the words stand for.</typeparam>
    /// <param name="words">Each word with its meaning.</param>
    public static ValueParser<T> Word<T>(params (string Word, T Meaning)[] words)
        where T : struct =>
        (string text, out T value, [NotNullWhen(false)] out string? error) =>
        {
            int index = Array.FindIndex(words, w => w.Word.Equals(text, StringComparison.OrdinalIgnoreCase));
            value = index < 0 ? default : words[index].Meaning;
            error = index < 0 ? $"'{text}' is not one of {string.Join(", ", words.Select(static w => w.Word))}" : null;
            return index >= 0;
        };

    /// <summary>Two sizes, <c>MIN-MAX</c>, or one for both.</summary>
    /// <param name="max">The most that either may be.</param>
    public static ValueParser<(int Min, int Max)> SizeRange(int max) =>
        (string text, out (int Min, int Max) value, [NotNullWhen(false)] out string? error) =>
        {
            int hyphen = text.IndexOf('-');
            ValueParser<int> size = Size(0, max);
            int high = 0;
            bool isRange = size(hyphen < 0 ? text : text[..hyphen], out int low, out _) &&
                size(hyphen < 0 ? text : text[(hyphen + 1)..], out high, out _) && low <= high;
            value = (low, high);
            error = isRange ? null : $"'{text}' is not MIN-MAX, two sizes from 0 to {max} bytes, such as 10-70";
            return isRange;
        };

    /// <summary>A duration in the notation that <see cref="Duration"/> reads.</summary>
    /// <param name="duration">A duration.</param>
    public static string Text(TimeSpan duration)
    {
        double seconds = duration.TotalSeconds;
        return seconds switch
        {
            >= 3600 when seconds % 3600 == 0 => $"{seconds / 3600}h",
            >= 60 when seconds % 60 == 0 => $"{seconds / 60}m",
            > 0 and < 1 => $"{duration.TotalMilliseconds}ms",
            _ => $"{seconds}s",
        };
    }

    /// <summary>A size in the notation that <see cref="Size"/> reads.</summary>
    /// <param name="bytes">A size.</param>
    public static string Text(int bytes) => bytes switch
    {
        >= 1 << 20 when bytes % (1 << 20) == 0 => $"{bytes >> 20}MiB",
        >= 1 << 10 when bytes % (1 << 10) == 0 => $"{bytes >> 10}KiB",
        _ => $"{bytes}",
    };
}
