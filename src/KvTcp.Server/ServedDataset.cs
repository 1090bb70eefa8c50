using System.Diagnostics;
using KvTcp.Store;

namespace KvTcp.Server;

/// <summary>A dataset that a server answers from, with what STATS says of where it comes from. Immutable.</summary>
/// <param name="Dataset">The pairs.</param>
/// <param name="Source">The names of its sources, comma-separated.</param>
/// <param name="Report">What the load found.</param>
/// <param name="LoadedAt">When the load ended.</param>
public sealed record ServedDataset(Dataset Dataset, string Source, LoadReport Report, DateTimeOffset LoadedAt)
{
    private readonly long _since = Stopwatch.GetTimestamp();

    /// <summary>For how long it has been loaded, whatever was done to the clock that <see cref="LoadedAt"/> was read from.</summary>
    internal TimeSpan Age => Stopwatch.GetElapsedTime(_since);

    /// <summary>Which version of each source it was loaded from.</summary>
    internal IReadOnlyList<SourceVersion> Versions { get; init; } = [];

    /// <summary>The entity tag of what HTTP answers from it.</summary>
    internal string EntityTag { get; } = $"W/\"{Dataset.Id}\"";

    /// <summary>The length of its text, as far as the files told before they were read.</summary>
    internal long TextLength { get; init; }
}
