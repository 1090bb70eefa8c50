using System.Runtime.InteropServices;
using KvTcp.Store.Index;
using KvTcp.Store.Memory;
using Microsoft.Win32.SafeHandles;

namespace KvTcp.Store;

/// <summary>Writes a dataset as a snapshot. The format stands in <c>docs/snapshot-format.md</c>.</summary>
public static class SnapshotWriter
{
    /// <summary>
    /// Writes the snapshot beside its place, flushes it to the disk, and renames it: killed at any moment it leaves the old file or the
    /// new one. What a killed writer left, <c>PATH.partial</c>, the next one takes over.
    /// </summary>
    /// <param name="dataset">The dataset, which the caller holds.</param>
    /// <param name="path">The file. A symbolic link stays one: the file that it names is replaced.</param>
    /// <param name="progress">Is told now and then how many bytes are written, from any thread.</param>
    /// <param name="cancellationToken">Cancels, and removes what was written.</param>
    /// <returns>What the header says.</returns>
    /// <exception cref="IOException">
    /// The file cannot be written; or another process is writing it at this moment.
    /// </exception>
    /// <exception cref="UnauthorizedAccessException">The directory may not be written to.</exception>
    /// <exception cref="ObjectDisposedException">The dataset has been disposed.</exception>
    /// <exception cref="OperationCanceledException">The writing was cancelled.</exception>
    public static SnapshotInfo Write(
        Dataset dataset, string path, IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentException.ThrowIfNullOrEmpty(path);
        ObjectDisposedException.ThrowIf(!dataset.TryAcquire(out DatasetLease lease), dataset);
        using (lease)
        using (ReplacedFile file = ReplacedFile.Create(path))
        {
            SnapshotHeader header = WriteContent(dataset, file.Handle, path, progress, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            file.Complete();
            return header.Info;
        }
    }

    private static SnapshotHeader WriteContent(
        Dataset dataset, SafeFileHandle file, string path, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        int workers = Math.Min(Environment.ProcessorCount, DataFileOptions.LargestParallelism);
        (RecordArea records, SlotTable table) = dataset.Parts;
        SnapshotHeader header = Header(dataset, RecordLimits.Of(records, workers, cancellationToken));
        var body = new SnapshotBody(header, table, records);
        var meter = new ProgressMeter(progress, header.FileLength);
        uint[] checksums = new uint[header.Blocks];
        long next = -1;
        WorkerThreads.Run(
            (int)Math.Min(workers, header.Blocks),
            (_, stop) =>
            {
                byte[] block = GC.AllocateUninitializedArray<byte>(SnapshotHeader.BlockLength);
                for (long number = Interlocked.Increment(ref next); number < header.Blocks; number = Interlocked.Increment(ref next))
                {
                    stop.ThrowIfCancellationRequested();
                    long position = SnapshotHeader.Length + (number * SnapshotHeader.BlockLength);
                    Span<byte> bytes = block.AsSpan(0, (int)Math.Min(SnapshotHeader.BlockLength, header.ChecksumsStart - position));
                    body.Fill(position, bytes);
                    checksums[number] = Crc32C.Of(bytes);
                    Write(file, bytes, position, path);
                    if (OperatingSystem.IsLinux())
                    {
                        LinuxFiles.StartWriting(file, position, bytes.Length);
                    }

                    meter.Add(bytes.Length);
                }
            },
            cancellationToken);

        ReadOnlySpan<byte> checksumBytes = MemoryMarshal.AsBytes(checksums.AsSpan());
        header = header with { ChecksumOfChecksums = Crc32C.Of(checksumBytes) };
        Write(file, checksumBytes, header.ChecksumsStart, path);
        Span<byte> headerBytes = stackalloc byte[SnapshotHeader.Length];
        header.Write(headerBytes);
        Write(file, headerBytes, 0, path);
        meter.Add(headerBytes.Length + checksumBytes.Length);
        meter.Report();
        return header;
    }

    private static SnapshotHeader Header(Dataset dataset, RecordLimits limits)
    {
        (RecordArea records, SlotTable table) = dataset.Parts;
        long recordBytes = records.Runs.Sum(static run => run.End - run.Start);
        var info = new SnapshotInfo
        {
            FileLength = 0,
            Pairs = dataset.Count,
            Id = dataset.Id,
            Statistics = dataset.Statistics with { RecordBytes = recordBytes, MappedBytes = 0, NativeBytes = 0 },
            LongestValue = limits.LongestValue,
            AllKeysVersion4 = limits.AllKeysVersion4,
            Built = DateTimeOffset.FromUnixTimeMilliseconds(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()),
        };
        long probeSum = (long)Math.Round(dataset.Statistics.MeanProbe * dataset.Count);
        var header = new SnapshotHeader(
            info, dataset.Hash, table.Homes, RecordArena.FirstOffset + recordBytes, probeSum, ChecksumOfChecksums: 0);
        return header with { Info = info with { FileLength = header.FileLength } };
    }

    private static void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long position, string path)
    {
        try
        {
            RandomAccess.Write(file, bytes, position);
        }
        catch (ArgumentOutOfRangeException exception)
        {
            // That is what .NET makes of EFBIG.
            throw new IOException($"{path} would be too large for the file system or for the limit of the shell", exception);
        }
        catch (IOException exception)
        {
            throw new IOException($"{path} cannot be written: {exception.Message}", exception);
        }
    }
}
