namespace KvTcp.LoadGen;

/// <summary>Chooses the values that an axis marks: 1, 2 or 5 times a power of ten, and as many as stay readable.</summary>
internal static class AxisTicks
{
    private const int MostLinear = 7;
    private const int MostLogarithmic = 10;

    /// <summary>Slack for the rounding of a tick that falls on the end of an axis.</summary>
    private const double Slack = 1e-9;

    /// <summary>The distance of the ticks on a linear axis.</summary>
    /// <param name="span">The length of the axis, above 0.</param>
    public static double LinearStep(double span)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(span / MostLinear)));
        return Steps(power).First(step => span / step <= MostLinear);
    }

    /// <summary>The ticks of a linear axis.</summary>
    /// <param name="first">The first, a multiple of the step.</param>
    /// <param name="last">The end of the axis.</param>
    /// <param name="step">Their distance.</param>
    public static IReadOnlyList<double> Linear(double first, double last, double step)
    {
        int count = (int)Math.Floor(((last - first) / step) + Slack) + 1;
        long firstMultiple = (long)Math.Round(first / step);

        // Multiples of the step, not sums, so that the ticks gather no error on the way.
        return [.. Enumerable.Range(0, count).Select(tick => Math.Round((firstMultiple + tick) * step, 12))];
    }

    /// <summary>The ticks of a logarithmic axis: 1, 2, 5, or powers of ten when those would be too many.</summary>
    /// <param name="first">The beginning of the axis, above 0.</param>
    /// <param name="last">Its end.</param>
    public static IReadOnlyList<double> Logarithmic(double first, double last)
    {
        double[] ticks = [.. Decades(first, last).SelectMany(Steps).Where(tick => IsInside(tick, first, last)).Distinct()];
        if (ticks.Length <= MostLogarithmic)
        {
            return ticks;
        }

        double[] powers = [.. Decades(first, last).Where(tick => IsInside(tick, first, last))];
        int every = (powers.Length + MostLogarithmic - 1) / MostLogarithmic;
        return [.. powers.Where((_, index) => index % every == 0)];
    }

    /// <summary>The nearest values below and above that are 1, 2 or 5 times a power of ten, at least a factor of four apart.</summary>
    /// <param name="lowest">The lowest value to hold, above 0.</param>
    /// <param name="highest">The highest.</param>
    public static (double First, double Last) Enclosing(double lowest, double highest)
    {
        double[] candidates = [.. Decades(lowest / 10, highest * 10).SelectMany(Steps).Distinct()];
        int first = Array.FindLastIndex(candidates, tick => tick <= lowest * (1 + Slack));
        int last = Array.FindIndex(candidates, tick => tick >= highest * (1 - Slack));
        if (last == first)
        {
            first--;
        }

        if (last - first < 2)
        {
            last++;
        }

        return (candidates[first], candidates[last]);
    }

    /// <summary>The ticks of an axis of nines: 0, one half, 0.9, 0.99 and so on.</summary>
    /// <param name="last">The end of the axis, below 1.</param>
    public static IReadOnlyList<double> Nines(double last) =>
    [
        0,
        0.5,
        .. Enumerable.Range(1, 15).Select(static nines => 1 - Math.Pow(10, -nines)).TakeWhile(tick => tick <= last + ((1 - last) * Slack)),
    ];

    private static IEnumerable<double> Steps(double power) => [power, 2 * power, 5 * power, 10 * power];

    private static bool IsInside(double tick, double first, double last) => tick >= first * (1 - Slack) && tick <= last * (1 + Slack);

    private static IEnumerable<double> Decades(double first, double last)
    {
        int lowest = (int)Math.Floor(Math.Log10(first) + Slack);
        int highest = (int)Math.Floor(Math.Log10(last) + Slack);
        return Enumerable.Range(lowest, highest - lowest + 1).Select(static exponent => PowerOfTen(exponent));
    }

    // Parsed, because Math.Pow(10, -5) is not the number nearest to 0.00001, and Distinct has to find duplicates.
    private static double PowerOfTen(int exponent) => double.Parse($"1e{exponent}");
}
