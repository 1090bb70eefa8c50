namespace KvTcp.Server.Metrics;

/// <summary>A histogram at one moment. Immutable.</summary>
/// <param name="Boundaries">The upper ends of its buckets, included.</param>
/// <param name="Counts">What fell into each since the start; one more than there are boundaries, for what is above the last.</param>
internal sealed record HistogramCounts(IReadOnlyList<double> Boundaries, IReadOnlyList<long> Counts);
