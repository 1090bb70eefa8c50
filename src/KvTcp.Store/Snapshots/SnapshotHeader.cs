using System.Buffers.Binary;
using KvTcp.Store.Index;
using KvTcp.Store.Memory;

namespace KvTcp.Store;

/// <summary>The first 4,096 bytes of a snapshot, as docs/snapshot-format.md lays them out, and where its parts lie.</summary>
/// <param name="Info">What is public of it.</param>
/// <param name="Hash">The hash of the index.</param>
/// <param name="Homes">The slots that are some key's home.</param>
/// <param name="RecordsEnd">The offset behind the last record.</param>
/// <param name="ProbeSum">The probes of all keys together.</param>
/// <param name="ChecksumOfChecksums">The checksum of the last part.</param>
internal sealed record SnapshotHeader(
    SnapshotInfo Info, KeyHash Hash, long Homes, long RecordsEnd, long ProbeSum, uint ChecksumOfChecksums)
{
    public const int Length = 4096;

    /// <summary>The version that this program writes and reads.</summary>
    public const int Version = 1;

    /// <summary>How much of the body one checksum covers.</summary>
    public const int BlockLength = 1 << 20;

    /// <summary>Where the slots begin.</summary>
    public const long SlotsStart = Length;

    // Slots behind the last home; the last ones are empty.
    public const int LeastSpareSlots = 4;

    private const int ChecksumAt = Length - sizeof(uint);
    private const int MagicMatches = 6;
    private const uint Version4Flag = 1;

    // Larger than any file, small enough that no sum of sizes overflows.
    private const ulong LargestSize = 1UL << 52;

    public static ReadOnlySpan<byte> Magic => [0x89, (byte)'K', (byte)'V', (byte)'S', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n'];

    public long SlotBytes => Info.Statistics.IndexBytes;

    /// <summary>Where offset 0 of the records is.</summary>
    public long RecordsStart => AlignUp(SlotsStart + SlotBytes);

    /// <summary>Where the checksums begin, and the padding of the records ends.</summary>
    public long ChecksumsStart => AlignUp(RecordsStart + RecordsEnd + Record.Slack);

    public long Blocks => (ChecksumsStart - Length + BlockLength - 1) / BlockLength;

    public long FileLength => ChecksumsStart + (Blocks * sizeof(uint));

    /// <summary>Whether a file with these first bytes is a snapshot, or was one before it was damaged; no text begins like that.</summary>
    public static bool IsSnapshot(ReadOnlySpan<byte> start)
    {
        int matches = 0;
        for (int i = 0; i < Magic.Length && i < start.Length; i++)
        {
            matches += start[i] == Magic[i] ? 1 : 0;
        }

        return matches >= MagicMatches;
    }

    public void Write(Span<byte> bytes)
    {
        DatasetStatistics statistics = Info.Statistics;
        bytes = bytes[..Length];
        bytes.Clear();
        Magic.CopyTo(bytes);
        Put32(bytes, 8, Version);
        Put32(bytes, 12, Length);
        Put32(bytes, 16, BlockLength);
        Put32(bytes, 20, Info.AllKeysVersion4 ? Version4Flag : 0);
        Put64(bytes, 24, (ulong)Info.FileLength);
        Put64(bytes, 32, (ulong)Info.Pairs);
        Put64(bytes, 40, Info.Id.Value);
        Put64(bytes, 48, Hash.SeedLow);
        Put64(bytes, 56, Hash.SeedHigh);
        Put64(bytes, 64, (ulong)Homes);
        Put64(bytes, 72, (ulong)statistics.Slots);
        Put64(bytes, 80, (ulong)RecordsEnd);
        Put64(bytes, 88, (ulong)statistics.ValueBytes);
        Put64(bytes, 96, (ulong)ProbeSum);
        Put32(bytes, 104, (uint)statistics.LongestProbe);
        Put32(bytes, 108, (uint)Info.LongestValue);
        Put64(bytes, 112, (ulong)Info.Built.ToUnixTimeMilliseconds());
        Put32(bytes, 120, ChecksumOfChecksums);
        Put32(bytes, ChecksumAt, Crc32C.Of(bytes[..ChecksumAt]));
    }

    /// <summary>Reads the header.</summary>
    /// <param name="bytes">The beginning of the file: the header, or all there is.</param>
    /// <param name="problem">What is wrong, in words that can follow the name of the file; null if nothing is.</param>
    /// <returns>The header, or null.</returns>
    public static SnapshotHeader? TryRead(ReadOnlySpan<byte> bytes, out string? problem)
    {
        problem = Problem(bytes);
        if (problem is not null)
        {
            return null;
        }

        ulong slots = Get64(bytes, 72);
        ulong pairs = Get64(bytes, 32);
        ulong recordsEnd = Get64(bytes, 80);
        ulong probeSum = Get64(bytes, 96);
        SnapshotInfo info = new()
        {
            FileLength = (long)Get64(bytes, 24),
            Pairs = (long)pairs,
            Id = new DatasetId(Get64(bytes, 40)),
            LongestValue = (int)Get32(bytes, 108),
            AllKeysVersion4 = (Get32(bytes, 20) & Version4Flag) != 0,
            Built = DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Min(Get64(bytes, 112), LatestTime)),
            Statistics = new DatasetStatistics
            {
                Slots = (long)slots,
                IndexBytes = (long)slots * sizeof(ulong),
                RecordBytes = (long)recordsEnd - RecordArena.FirstOffset,
                ValueBytes = (long)Get64(bytes, 88),
                LongestProbe = (int)Get32(bytes, 104),
                MeanProbe = pairs == 0 ? 0 : (double)probeSum / pairs,
            },
        };
        KeyHash hash = new(Get64(bytes, 48), Get64(bytes, 56));
        SnapshotHeader header = new(info, hash, (long)Get64(bytes, 64), (long)recordsEnd, (long)probeSum, Get32(bytes, 120));
        problem = header.FileLength == info.FileLength ? null : Contradiction;
        return problem is null ? header : null;
    }

    /// <summary>What is wrong with the length of the file; null if nothing is.</summary>
    /// <param name="actual">The length that the file has.</param>
    public string? LengthProblem(long actual) => actual.CompareTo(FileLength) switch
    {
        < 0 => $"is cut short: {actual} of {FileLength} bytes",
        > 0 => $"has {actual - FileLength} bytes behind its end",
        _ => null,
    };

    private const string Contradiction = "has a header that contradicts itself";

    private static ulong LatestTime { get; } = (ulong)DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    private static string? Problem(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Length)
        {
            return $"is cut short: {bytes.Length} bytes, less than a header";
        }

        if (!bytes.StartsWith(Magic))
        {
            return "has a damaged header: the magic bytes are wrong";
        }

        if (Get32(bytes, 8) is var version && version != Version)
        {
            return $"has format version {version}, and this program reads version {Version}; use a newer one, or build the snapshot again";
        }

        if (Get32(bytes, ChecksumAt) != Crc32C.Of(bytes[..ChecksumAt]))
        {
            return "has a damaged header: its checksum is wrong";
        }

        (ulong pairs, ulong homes, ulong slots, ulong recordsEnd) = (Get64(bytes, 32), Get64(bytes, 64), Get64(bytes, 72), Get64(bytes, 80));
        bool fits = Get32(bytes, 12) == Length && Get32(bytes, 16) == BlockLength
            && recordsEnd is >= (ulong)RecordArena.FirstOffset and <= (ulong)SlotTable.MaxOffset
            && homes > 0 && slots is > 0 and < LargestSize / sizeof(ulong)
            && homes <= slots - LeastSpareSlots && slots >= LeastSpareSlots && pairs < slots
            && Get64(bytes, 24) < LargestSize && Get64(bytes, 88) < recordsEnd && Get64(bytes, 96) < long.MaxValue
            && Get32(bytes, 104) <= int.MaxValue && Get32(bytes, 108) <= DataFileOptions.LargestMaxValueLength;
        return fits ? null : Contradiction;
    }

    private static long AlignUp(long position) => (position + Length - 1) & -Length;

    private static uint Get32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ulong Get64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);

    private static void Put32(Span<byte> bytes, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], value);

    private static void Put64(Span<byte> bytes, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(bytes[at..], value);
}
