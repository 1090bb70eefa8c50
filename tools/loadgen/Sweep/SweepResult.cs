namespace KvTcp.LoadGen;

/// <summary>What a sweep measured and found. Immutable.</summary>
/// <param name="Runs">Its steps, by what was swept.</param>
/// <param name="Conclusion">What it found, in words.</param>
/// <param name="Capacity">A sweep of rates: the highest rate that the server kept up with; null when there was none.</param>
internal sealed record SweepResult(IReadOnlyList<NamedRun> Runs, string Conclusion, double? Capacity);
