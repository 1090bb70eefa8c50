namespace KvTcp.Store;

/// <summary>What a load read. Lines = pairs + duplicates + blank lines + bad lines.</summary>
public sealed record LoadReport
{
    /// <summary>How many of the first bad lines are kept in <see cref="FirstBadLines"/>.</summary>
    public const int MaxBadLines = 20;

    /// <summary>All lines, of all sources.</summary>
    public long Lines { get; init; }

    /// <summary>The pairs that the dataset holds, that is, distinct keys.</summary>
    public long Pairs { get; init; }

    /// <summary>Empty lines, which are skipped.</summary>
    public long BlankLines { get; init; }

    /// <summary>Lines that are no pair.</summary>
    public long BadLines { get; init; }

    /// <summary>Pairs that were dropped because another one with their key was kept.</summary>
    public long Duplicates { get; init; }

    /// <summary>Bytes read from the sources, as they are stored: compressed ones for gzip, the header alone for a mapped snapshot.</summary>
    public long BytesRead { get; init; }

    /// <summary>The first bad lines in the order of the sources, at most <see cref="MaxBadLines"/>.</summary>
    public IReadOnlyList<BadLine> FirstBadLines { get; init; } = [];

    /// <summary>The header of the snapshot that was loaded, whose pairs count as lines above; null for text.</summary>
    public SnapshotInfo? Snapshot { get; init; }

    /// <summary>How long the load took.</summary>
    public TimeSpan Duration { get; init; }
}
