namespace KvTcp.LoadGen;

/// <summary>All that one use of the load generator measured. Immutable.</summary>
internal sealed record LoadReport
{
    /// <summary>What kind of use it was.</summary>
    public required ReportKind Kind { get; init; }

    /// <summary>The runs, in the order in which they are to be read; at least one.</summary>
    public required IReadOnlyList<NamedRun> Runs { get; init; }

    /// <summary>What a sweep found, in words; null for other kinds.</summary>
    public string? Conclusion { get; init; }

    /// <summary>A sweep of rates: the highest rate that the server kept up with; null when there was none.</summary>
    public double? Capacity { get; init; }

    /// <summary>The machine that the load generator ran on.</summary>
    public required Machine Machine { get; init; }

    /// <summary>When the first run began.</summary>
    public DateTimeOffset StartedAt => Runs.Min(static run => run.Result.StartedAt);
}

/// <summary>A run, and what tells it from the others of its report. Immutable.</summary>
/// <param name="Name">The phase or the step; of a single run, empty.</param>
/// <param name="Result">What it measured.</param>
internal sealed record NamedRun(string Name, LoadResult Result);

/// <summary>What a report is of.</summary>
internal enum ReportKind
{
    /// <summary>One run.</summary>
    Run,

    /// <summary>The phases of a scenario, one after another.</summary>
    Scenario,

    /// <summary>Runs that differ in their rate.</summary>
    RateSweep,

    /// <summary>Runs that differ in their pipeline depth.</summary>
    DepthSweep,
}
