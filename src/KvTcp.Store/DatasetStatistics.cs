namespace KvTcp.Store;

/// <summary>The size and the shape of a <see cref="Dataset"/>; fixed from the moment it is loaded.</summary>
public sealed record DatasetStatistics
{
    /// <summary>How many slots the index has; a fourth of them, about, is empty.</summary>
    public required long Slots { get; init; }

    /// <summary>The memory that the slots take, in bytes.</summary>
    public required long IndexBytes { get; init; }

    /// <summary>The memory that the records take (keys, lengths, values, and what dead duplicates left), in bytes.</summary>
    public required long RecordBytes { get; init; }

    /// <summary>How much of a snapshot file is mapped, in bytes: the system keeps it in memory as far as there is room. 0 for others.</summary>
    public long MappedBytes { get; init; }

    /// <summary>The memory outside the garbage collector's heap that the dataset has for itself, in bytes; 0 when it is mapped.</summary>
    public long NativeBytes { get; init; }

    /// <summary>The length of all values together, in bytes.</summary>
    public required long ValueBytes { get; init; }

    /// <summary>How many slots the most unlucky key of the dataset looks at until it is found; 0 for an empty dataset.</summary>
    /// <remarks>Loading bounds it, whatever the keys are: see <c>docs/decisions/store-layout.md</c>.</remarks>
    public required int LongestProbe { get; init; }

    /// <summary>How many slots a key of the dataset looks at on average until it is found; 0 for an empty dataset.</summary>
    public required double MeanProbe { get; init; }
}
