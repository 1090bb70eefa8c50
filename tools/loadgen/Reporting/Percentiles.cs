namespace KvTcp.LoadGen;

/// <summary>The percentiles that every report names, in this order.</summary>
internal static class Percentiles
{
    /// <summary>Each with its name and its share.</summary>
    public static IReadOnlyList<(string Name, double Share)> All { get; } =
        [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p99.9", 0.999), ("p99.99", 0.9999)];
}
