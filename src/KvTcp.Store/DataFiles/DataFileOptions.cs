namespace KvTcp.Store;

/// <summary>How data files and snapshots are read. The formats stand in <c>docs/data-file.md</c> and <c>docs/snapshot-format.md</c>.</summary>
/// <remarks>A snapshot has neither bad lines nor duplicates; one with keys or values that the other options exclude is refused.</remarks>
public sealed record DataFileOptions
{
    /// <summary>The largest <see cref="MaxValueLength"/> that is possible: 16 MiB.</summary>
    public const int LargestMaxValueLength = 16 << 20;

    /// <summary>The largest <see cref="Parallelism"/> that is possible: 1,024.</summary>
    public const int LargestParallelism = 1024;

    /// <summary>What a bad line does; stops the load by default.</summary>
    public BadLinePolicy OnBadLine { get; init; } = BadLinePolicy.Stop;

    /// <summary>Which of several pairs with one key is kept; the last by default. Files count in the order they are given.</summary>
    public DuplicatePolicy Duplicates { get; init; } = DuplicatePolicy.Last;

    /// <summary>4 makes every key that is no version 4 UUID (RFC 9562) a bad line; null, the default, takes any.</summary>
    public int? UuidVersion { get; init; }

    /// <summary>The longest value, in bytes; a longer one makes its line bad. 1 MiB by default.</summary>
    public int MaxValueLength { get; init; } = 1 << 20;

    /// <summary>How a snapshot is opened; mapped by default.</summary>
    public SnapshotLoad Snapshots { get; init; } = SnapshotLoad.Map;

    /// <summary>How many threads load; one for each processor by default.</summary>
    public int Parallelism { get; init; } = Math.Min(Environment.ProcessorCount, LargestParallelism);

    /// <summary>What is wrong with the options, in one sentence; null if nothing is.</summary>
    internal string? FindFault()
    {
        if (!Enum.IsDefined(OnBadLine) || !Enum.IsDefined(Duplicates) || !Enum.IsDefined(Snapshots))
        {
            return $"{nameof(OnBadLine)} {OnBadLine}, {nameof(Duplicates)} {Duplicates} or {nameof(Snapshots)} {Snapshots} is no policy.";
        }

        if (UuidVersion is not (null or 4))
        {
            return $"{nameof(UuidVersion)} is {UuidVersion}; it can only be 4, or null.";
        }

        if (MaxValueLength is < 0 or > LargestMaxValueLength)
        {
            return $"{nameof(MaxValueLength)} is {MaxValueLength}; it can be 0 to {LargestMaxValueLength}.";
        }

        return Parallelism is < 1 or > LargestParallelism
            ? $"{nameof(Parallelism)} is {Parallelism}; it can be 1 to {LargestParallelism}."
            : null;
    }
}
