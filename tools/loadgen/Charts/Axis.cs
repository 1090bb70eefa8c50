namespace KvTcp.LoadGen;

/// <summary>An axis: the values that it spans, where a value lies on it, and its ticks. Immutable.</summary>
internal sealed record Axis
{
    // A scale turns values into numbers that are spread evenly; these are the ends in those numbers.
    private readonly double _start;
    private readonly double _end;

    private Axis(AxisScale scale, double first, double last, IReadOnlyList<double> ticks)
    {
        Scale = scale;
        Ticks = ticks;
        _start = Spread(scale, first);
        _end = Spread(scale, last);
    }

    /// <summary>How it spreads its values.</summary>
    public AxisScale Scale { get; }

    /// <summary>Puts a value into words, for an axis that is not one of nines.</summary>
    public Func<double, string> Text { get; init; } = ChartText.Number;

    /// <summary>The values to mark, ascending; at least one.</summary>
    public IReadOnlyList<double> Ticks { get; }

    /// <summary>Lays an axis out over values. Those that the scale has no place for do not count.</summary>
    /// <param name="scale">The scale.</param>
    /// <param name="values">The values to hold; may be none.</param>
    /// <param name="endsOnTick">Whether it goes on to the first tick after the last value, or ends with that value.</param>
    public static Axis Over(AxisScale scale, IEnumerable<double> values, bool endsOnTick)
    {
        double lowest = double.PositiveInfinity;
        double highest = double.NegativeInfinity;
        foreach (double value in values)
        {
            if (HasPlace(scale, value))
            {
                lowest = double.Min(lowest, value);
                highest = double.Max(highest, value);
            }
        }

        if (lowest > highest)
        {
            (lowest, highest) = (scale == AxisScale.Logarithmic ? 1 : 0, scale == AxisScale.Logarithmic ? 10 : 0);
        }

        return scale switch
        {
            AxisScale.Linear => Linear(double.Min(lowest, 0), double.Max(highest, 0), endsOnTick),
            AxisScale.Logarithmic => Logarithmic(lowest, highest, endsOnTick),
            _ => Nines(highest),
        };
    }

    /// <summary>
    /// Whether a scale has a place for a value: every number on a linear one, those above zero on a logarithmic one, and those from 0
    /// to below 1 on one of nines.
    /// </summary>
    /// <param name="scale">The scale.</param>
    /// <param name="value">The value.</param>
    public static bool HasPlace(AxisScale scale, double value) => double.IsFinite(value) && scale switch
    {
        AxisScale.Logarithmic => value > 0,
        AxisScale.Nines => value is >= 0 and < 1,
        _ => true,
    };

    /// <summary>Where a value lies.</summary>
    /// <param name="value">The value.</param>
    /// <returns>0 at the beginning of the axis, 1 at its end; null when the scale has no place for it.</returns>
    public double? Place(double value) => HasPlace(Scale, value) ? (Spread(Scale, value) - _start) / (_end - _start) : null;

    /// <summary>A value in words, as for a tick.</summary>
    /// <param name="value">The value.</param>
    public string Label(double value) =>
        Scale == AxisScale.Nines ? $"{decimal.Round((decimal)value * 100, 10):0.##########}%" : Text(value);

    private static double Spread(AxisScale scale, double value) => scale switch
    {
        AxisScale.Logarithmic => Math.Log10(value),
        AxisScale.Nines => -Math.Log10(1 - value),
        _ => value,
    };

    private static Axis Linear(double lowest, double highest, bool endsOnTick)
    {
        if (highest - lowest <= 0)
        {
            highest = 1;
        }

        double step = AxisTicks.LinearStep(highest - lowest);
        double first = Math.Floor(lowest / step) * step;
        double last = endsOnTick ? Math.Ceiling(highest / step) * step : highest;
        return new Axis(AxisScale.Linear, first, last, AxisTicks.Linear(first, last, step));
    }

    private static Axis Logarithmic(double lowest, double highest, bool endsOnTick)
    {
        if (!endsOnTick)
        {
            IReadOnlyList<double> inside = AxisTicks.Logarithmic(lowest, highest);
            if (inside.Count > 1)
            {
                return new Axis(AxisScale.Logarithmic, lowest, highest, inside);
            }
        }

        (double first, double last) = AxisTicks.Enclosing(lowest, highest);
        return new Axis(AxisScale.Logarithmic, first, last, AxisTicks.Logarithmic(first, last));
    }

    // It is always one nine long at least, so that no axis is empty.
    private static Axis Nines(double highest)
    {
        double last = double.Max(highest, 0.9);
        return new Axis(AxisScale.Nines, 0, last, AxisTicks.Nines(last));
    }
}
