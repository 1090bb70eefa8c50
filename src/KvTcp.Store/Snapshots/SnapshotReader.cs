using System.Runtime.InteropServices;
using KvTcp.Store.Index;
using KvTcp.Store.Memory;
using Microsoft.Win32.SafeHandles;

namespace KvTcp.Store;

/// <summary>Makes a dataset of an open snapshot: mapped, or read into memory. One object for each opening.</summary>
/// <param name="name">The name that messages show.</param>
/// <param name="meter">Is told what is read.</param>
/// <param name="workers">How many threads read.</param>
internal sealed unsafe class SnapshotReader(string name, ProgressMeter meter, int workers)
{
    /// <summary>Reads and checks the header of a file.</summary>
    /// <exception cref="DataFileException">It is no snapshot, or not one that can be read.</exception>
    public SnapshotHeader ReadHeader(SafeFileHandle file)
    {
        Span<byte> bytes = stackalloc byte[SnapshotHeader.Length];
        int length = 0;
        for (int read; (read = RandomAccess.Read(file, bytes[length..], length)) > 0;)
        {
            length += read;
        }

        meter.Add(length);
        SnapshotHeader header = ParseHeader(bytes[..length]);
        ThrowIfAny(header.LengthProblem(RandomAccess.GetLength(file)));
        return header;
    }

    /// <summary>Reads every checksum of a file, and what it covers.</summary>
    /// <exception cref="DataFileException">A checksum is wrong.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public void Verify(SafeFileHandle file, SnapshotHeader header, CancellationToken cancellationToken)
    {
        byte[][] buffers = new byte[workers][];
        CheckBlocks(
            header,
            ReadChecksums(file, header),
            (worker, position, length) =>
            {
                byte[] buffer = buffers[worker] ??= GC.AllocateUninitializedArray<byte>(SnapshotHeader.BlockLength);
                ReadExactly(file, buffer.AsSpan(0, length), position);
                return Crc32C.Of(buffer.AsSpan(0, length));
            },
            cancellationToken);
    }

    /// <summary>Maps a file.</summary>
    /// <exception cref="IOException">The system does not map it.</exception>
    public Dataset Map(SafeFileHandle file, SnapshotHeader header)
    {
        NativeRegion region = NativeRegion.MapFile(file, header.FileLength, name);
        if (header.FileLength > GC.GetGCMemoryInfo().HighMemoryLoadThresholdBytes)
        {
            // What does not fit is read page by page: what the system would read around a page pushes out others that are needed.
            region.ExpectRandomReads();
        }

        return ToDataset(region, header, header.Info.Statistics with { MappedBytes = header.FileLength });
    }

    /// <summary>Reads a file into memory and checks it.</summary>
    /// <exception cref="DataFileException">A checksum is wrong.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="OutOfMemoryException">The system does not grant the memory.</exception>
    public Dataset Copy(SafeFileHandle file, SnapshotHeader header, CancellationToken cancellationToken)
    {
        NativeRegion region = Allocate(header);
        try
        {
            byte* memory = region.Address;
            CheckBlocks(
                header,
                ReadChecksums(file, header),
                (_, position, length) =>
                {
                    Span<byte> block = new(memory + position, length);
                    ReadExactly(file, block, position);
                    return Crc32C.Of(block);
                },
                cancellationToken);
            return ToCopy(region, header);
        }
        catch
        {
            region.Dispose();
            throw;
        }
    }

    /// <summary>Reads a stream into memory and checks it.</summary>
    /// <exception cref="DataFileException">It is not a snapshot that can be read, or a checksum is wrong.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    /// <exception cref="OutOfMemoryException">The system does not grant the memory.</exception>
    public (Dataset Dataset, SnapshotHeader Header) Copy(Stream stream, Action<SnapshotHeader> check, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[SnapshotHeader.Length];
        SnapshotHeader header = ParseHeader(bytes.AsSpan(0, stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)));
        check(header);
        NativeRegion region = Allocate(header);
        try
        {
            long length = SnapshotHeader.Length;
            for (int read = 1; read > 0 && length < header.FileLength; length += read)
            {
                cancellationToken.ThrowIfCancellationRequested();
                read = stream.Read(new Span<byte>(region.Address + length, (int)Math.Min(SnapshotHeader.BlockLength, header.FileLength - length)));
            }

            // One byte more than there should be tells that there are more.
            ThrowIfAny(header.LengthProblem(length + stream.ReadAtLeast(bytes, 1, throwOnEndOfStream: false)));
            byte* memory = region.Address;
            uint[] checksums = new uint[header.Blocks];
            new ReadOnlySpan<byte>(memory + header.ChecksumsStart, checksums.Length * sizeof(uint)).CopyTo(MemoryMarshal.AsBytes(checksums.AsSpan()));
            CheckBlocks(
                header, checksums, (_, position, size) => Crc32C.Of(new ReadOnlySpan<byte>(memory + position, size)), cancellationToken);
            return (ToCopy(region, header), header);
        }
        catch
        {
            region.Dispose();
            throw;
        }
    }

    private SnapshotHeader ParseHeader(ReadOnlySpan<byte> bytes)
    {
        SnapshotHeader? header = SnapshotHeader.TryRead(bytes, out string? problem);
        ThrowIfAny(problem);
        return header!;
    }

    private uint[] ReadChecksums(SafeFileHandle file, SnapshotHeader header)
    {
        uint[] checksums = new uint[header.Blocks];
        ReadExactly(file, MemoryMarshal.AsBytes(checksums.AsSpan()), header.ChecksumsStart);
        return checksums;
    }

    /// <summary>Computes the checksums of all blocks and compares them.</summary>
    private void CheckBlocks(
        SnapshotHeader header, uint[] checksums, Func<int, long, int, uint> checksumOf, CancellationToken cancellationToken)
    {
        ThrowIfAny(Crc32C.Of(MemoryMarshal.AsBytes(checksums.AsSpan())) == header.ChecksumOfChecksums ? null : "is damaged in its checksums");
        meter.Add(checksums.Length * sizeof(uint));
        var damage = new SnapshotDamage(header);
        long next = -1;
        WorkerThreads.Run(
            (int)Math.Min(workers, header.Blocks),
            (worker, stop) =>
            {
                for (long number = Interlocked.Increment(ref next); number < header.Blocks; number = Interlocked.Increment(ref next))
                {
                    stop.ThrowIfCancellationRequested();
                    long position = SnapshotHeader.Length + (number * SnapshotHeader.BlockLength);
                    int length = (int)Math.Min(SnapshotHeader.BlockLength, header.ChecksumsStart - position);
                    if (checksumOf(worker, position, length) != checksums[number])
                    {
                        damage.Add(position, length);
                    }

                    meter.Add(length);
                }
            },
            cancellationToken);
        meter.Report();
        ThrowIfAny(damage.Description);
    }

    private void ReadExactly(SafeFileHandle file, Span<byte> bytes, long position)
    {
        while (!bytes.IsEmpty)
        {
            int read = RandomAccess.Read(file, bytes, position);
            if (read == 0)
            {
                throw new IOException($"{name} became shorter while it was read.");
            }

            bytes = bytes[read..];
            position += read;
        }
    }

    // Zeros follow the file, as they do where it is mapped.
    private static NativeRegion Allocate(SnapshotHeader header) => NativeRegion.Allocate(header.FileLength + Environment.SystemPageSize);

    private static Dataset ToCopy(NativeRegion region, SnapshotHeader header) =>
        ToDataset(region, header, header.Info.Statistics with { NativeBytes = header.FileLength });

    private static Dataset ToDataset(NativeRegion region, SnapshotHeader header, DatasetStatistics statistics)
    {
        SlotTable table = SlotTable.At((ulong*)(region.Address + SnapshotHeader.SlotsStart), header.Homes, statistics.Slots);
        RecordRun[] runs = header.RecordsEnd > RecordArena.FirstOffset ? [new RecordRun(RecordArena.FirstOffset, header.RecordsEnd)] : [];
        var records = new RecordArea(region, region.Address + header.RecordsStart, runs, isForeign: true);
        return new Dataset(records, table, header.Hash, header.Info.Pairs, header.Info.Id, statistics);
    }

    private void ThrowIfAny(string? problem)
    {
        if (problem is not null)
        {
            string hint = problem.Contains(';', StringComparison.Ordinal) ? "" : "; copy it again, or build it again";
            throw new DataFileException($"{name} {problem}{hint}", new LoadReport { BytesRead = meter.BytesRead });
        }
    }
}
