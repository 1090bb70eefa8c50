namespace KvTcp.Store;

/// <summary>What the header of a snapshot says. The format stands in <c>docs/snapshot-format.md</c>.</summary>
public sealed record SnapshotInfo
{
    /// <summary>The version of the file format.</summary>
    public int FormatVersion { get; init; } = SnapshotHeader.Version;

    /// <summary>The length of the file, in bytes.</summary>
    public required long FileLength { get; init; }

    /// <summary>How many pairs there are.</summary>
    public required long Pairs { get; init; }

    /// <summary>The id of the dataset.</summary>
    public required DatasetId Id { get; init; }

    /// <summary>Sizes and probe lengths of the dataset; <see cref="DatasetStatistics.MappedBytes"/> and <see cref="DatasetStatistics.NativeBytes"/> are 0.</summary>
    public required DatasetStatistics Statistics { get; init; }

    /// <summary>No value is longer than this, in bytes.</summary>
    public required int LongestValue { get; init; }

    /// <summary>Whether every key is a version 4 UUID (RFC 9562).</summary>
    public required bool AllKeysVersion4 { get; init; }

    /// <summary>When it was built, in UTC, to the millisecond.</summary>
    public required DateTimeOffset Built { get; init; }
}
