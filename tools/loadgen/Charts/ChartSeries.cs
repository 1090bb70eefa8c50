namespace KvTcp.LoadGen;

/// <summary>A line of a chart. Immutable.</summary>
/// <param name="Name">What the legend calls it.</param>
/// <param name="Points">Its points, by X.</param>
internal sealed record ChartSeries(string Name, IReadOnlyList<(double X, double Y)> Points);
