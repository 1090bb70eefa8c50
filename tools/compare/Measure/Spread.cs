namespace KvTcp.Compare;

/// <summary>The middle and the ends of repeated measurements. Immutable.</summary>
/// <param name="Median">Half of them are not above it; of an even number, the mean of the two in the middle.</param>
/// <param name="Least">The least.</param>
/// <param name="Most">The most.</param>
internal readonly record struct Spread(double Median, double Least, double Most)
{
    /// <summary>Summarises measurements.</summary>
    /// <param name="values">At least one.</param>
    public static Spread Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        double median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[^1]);
    }

    /// <summary>The median, and in brackets the ends where they differ from it.</summary>
    /// <param name="format">How a number is written.</param>
    public string Text(string format)
    {
        string median = Median.ToString(format);
        string least = Least.ToString(format);
        string most = Most.ToString(format);
        return string.Equals(least, most, StringComparison.Ordinal) ? median : $"{median} ({least} - {most})";
    }
}
