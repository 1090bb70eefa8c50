using Microsoft.Win32.SafeHandles;

namespace KvTcp.Store;

/// <summary>Opens a source that is a snapshot, in the way that the options ask for.</summary>
internal static class SnapshotOpening
{
    /// <summary>Opens it.</summary>
    /// <exception cref="DataFileException">It cannot be read, or holds what the options exclude.</exception>
    public static (Dataset Dataset, SnapshotInfo Info) Open(
        OpenedSource source, DataFileOptions options, ProgressMeter meter, CancellationToken cancellationToken)
    {
        var reader = new SnapshotReader(source.Name, meter, options.Parallelism);
        if (source.PlainFile is not SafeFileHandle file)
        {
            (Dataset copy, SnapshotHeader info) = reader.Copy(
                source.OpenContent(meter), header => ThrowIfExcluded(source.Name, header.Info, options), cancellationToken);
            return (copy, info.Info);
        }

        SnapshotHeader header = reader.ReadHeader(file);
        ThrowIfExcluded(source.Name, header.Info, options);
        if (options.Snapshots == SnapshotLoad.Copy || !OperatingSystem.IsLinux())
        {
            return (reader.Copy(file, header, cancellationToken), header.Info);
        }

        if (options.Snapshots == SnapshotLoad.Verify)
        {
            reader.Verify(file, header, cancellationToken);
        }

        return (reader.Map(file, header), header.Info);
    }

    private static void ThrowIfExcluded(string name, SnapshotInfo info, DataFileOptions options)
    {
        if (info.LongestValue > options.MaxValueLength)
        {
            throw new DataFileException(
                $"{name} has a value of up to {info.LongestValue} bytes, and the longest allowed is {options.MaxValueLength}; see --max-value-length",
                new LoadReport());
        }

        if (options.UuidVersion is 4 && !info.AllKeysVersion4)
        {
            throw new DataFileException($"{name} has keys that are no version 4 UUIDs; see --uuid-version", new LoadReport());
        }
    }
}
