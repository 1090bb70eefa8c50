using Microsoft.Win32.SafeHandles;

namespace KvTcp.Store;

/// <summary>Looks at snapshot files without loading them. Stateless.</summary>
public static class SnapshotFile
{
    /// <summary>How names of snapshots end. Something else under such a name is refused, for it was one before it was damaged.</summary>
    public const string Extension = ".kvs";

    /// <summary>Whether a file is a snapshot, by its first bytes; also one that is damaged or cut short behind them.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">It is missing.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="IOException">It is a directory, or cannot be read.</exception>
    public static bool IsSnapshot(string path)
    {
        using OpenedSource source = OpenedSource.Open(DataSource.FromPath(path));
        return source.PlainFile is not null && source.IsSnapshot(new ProgressMeter(progress: null, totalBytes: null));
    }

    /// <summary>Reads and checks the header, which are 4 KiB, and the length of the file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DataFileException">It is no snapshot, or not one that can be read.</exception>
    /// <exception cref="FileNotFoundException">It is missing.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="IOException">It is a directory, or cannot be read.</exception>
    public static SnapshotInfo ReadInfo(string path) => Read(path, progress: null, static (_, _, _) => { });

    /// <summary>Reads every checksum, and what it covers.</summary>
    /// <param name="path">The file.</param>
    /// <param name="progress">Is told now and then how far it is, from any thread.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="DataFileException">It is no snapshot, not one that can be read, or damaged; the message says where.</exception>
    /// <exception cref="FileNotFoundException">It is missing.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="IOException">It is a directory, or cannot be read.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static SnapshotInfo Verify(
        string path, IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Read(path, progress, (reader, file, header) => reader.Verify(file, header, cancellationToken));

    /// <summary>Whether a name is that of a snapshot.</summary>
    internal static bool HasItsName(string name) => name.EndsWith(Extension, StringComparison.OrdinalIgnoreCase);

    /// <summary>What to say of something else that has such a name.</summary>
    internal static string DescribeMisnamed(string name) => $"{name} has the name of a snapshot and is none; copy it again, or build it again";

    private static SnapshotInfo Read(
        string path, IProgress<LoadProgress>? progress, Action<SnapshotReader, SafeFileHandle, SnapshotHeader> then)
    {
        using OpenedSource source = OpenedSource.Open(DataSource.FromPath(path));
        var meter = new ProgressMeter(progress, source.StoredLength);
        if (source.PlainFile is not SafeFileHandle file || !source.IsSnapshot(meter))
        {
            throw new DataFileException($"{source.Name} is no snapshot; `kvtcp build` makes one of a data file", new LoadReport());
        }

        var reader = new SnapshotReader(source.Name, meter, new DataFileOptions().Parallelism);
        SnapshotHeader header = reader.ReadHeader(file);
        then(reader, file, header);
        return header.Info;
    }
}
