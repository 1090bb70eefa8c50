namespace KvTcp.Soak;

/// <summary>Whether a figure stays what it is: a line through the second half of its samples, by least squares. Immutable.</summary>
/// <param name="Name">The figure.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Mean">Its mean.</param>
/// <param name="PerHour">How much the line rises in an hour.</param>
/// <param name="Rise">How much it rises in the time that it spans.</param>
/// <param name="Tolerance">How much of that is noise.</param>
internal sealed record Slope(string Name, string Unit, double Mean, double PerHour, double Rise, double Tolerance)
{
    /// <summary>Whether it does not rise by more than noise. What falls is no leak.</summary>
    public bool IsFlat => Rise <= Tolerance;

    /// <summary>Draws the line through what was sampled when it was calm.</summary>
    /// <param name="name">The figure.</param>
    /// <param name="unit">Its unit.</param>
    /// <param name="samples">All samples.</param>
    /// <param name="figure">Takes the figure from one.</param>
    /// <param name="tolerance">Gives the tolerance for a mean.</param>
    public static Slope Of(string name, string unit, IReadOnlyList<ServerSample> samples, Func<ServerSample, double> figure, Func<double, double> tolerance)
    {
        TimeSpan half = samples.Count == 0 ? TimeSpan.Zero : samples[^1].At / 2;
        (double X, double Y)[] points = [.. samples.Where(sample => sample.IsCalm && sample.At >= half).Select(sample => (sample.At.TotalHours, figure(sample)))];
        if (points.Length < 2)
        {
            return new Slope(name, unit, double.NaN, double.NaN, double.PositiveInfinity, 0);
        }

        double meanX = points.Average(static point => point.X);
        double meanY = points.Average(static point => point.Y);
        double slope = points.Sum(point => (point.X - meanX) * (point.Y - meanY)) / points.Sum(point => Math.Pow(point.X - meanX, 2));
        return new Slope(name, unit, meanY, slope, slope * (points[^1].X - points[0].X), tolerance(meanY));
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Name}: mean {Mean:0.0} {Unit}, {PerHour:+0.0;-0.0;0.0} {Unit} an hour; in the second half {Rise:+0.0;-0.0;0.0} of {Tolerance:0.0} tolerated";
}
