using System.Buffers.Binary;
using KvTcp.Store;

namespace KvTcp.Server;

/// <summary>Predicts the memory of a dataset from the sizes of its files and what the last load made of its own.</summary>
internal static class MemoryForecast
{
    // A load takes this much more than what it keeps, at most; see docs/performance.md.
    private const double Peak = 1.1;

    private const int ShortestGzip = 18;

    /// <summary>The native memory that a dataset takes.</summary>
    public static long NativeBytes(ServedDataset served) => served.Dataset.Statistics.NativeBytes;

    /// <summary>The memory that loading a dataset like this one takes.</summary>
    public static long ToLoadAgain(ServedDataset served) => (long)(NativeBytes(served) * Peak);

    /// <summary>The memory that loading takes.</summary>
    /// <param name="data">What is to be loaded.</param>
    /// <param name="known">A dataset of the same sources, if there is one: its bytes of memory for a byte of text count.</param>
    /// <param name="snapshots">
    /// How snapshots are loaded: only a copy takes memory, a mapped one is in the page cache. One that was downloaded into memory is always copied.
    /// </param>
    public static long ToLoad(IReadOnlyList<FetchedData> data, ServedDataset? known, SnapshotLoad snapshots)
    {
        // Without a dataset to learn from: a line is at least ten bytes longer than what is kept of it.
        double density = known is { TextLength: > 0 } ? (double)NativeBytes(known) / known.TextLength : 1;
        long copied = data.Sum(d => (snapshots == SnapshotLoad.Copy || d.IsInMemory) && IsSnapshot(d) ? d.Length ?? 0 : 0);
        return copied + (long)(TextLength(data) * density * Peak);
    }

    /// <summary>The length of the text in files, as far as they tell without being read; a snapshot has none.</summary>
    public static long TextLength(IReadOnlyList<FetchedData> data) =>
        data.Sum(static d => d.Path is null || IsSnapshot(d) ? 0 : TextLength(d.Path, d.Length ?? 0));

    // Pipes have no length, and what is read from one is gone.
    private static bool IsSnapshot(FetchedData data) => data is { Path: string path, Length: > 0 } && SnapshotFile.IsSnapshot(path);

    private static long TextLength(string path, long length)
    {
        if (length < ShortestGzip)
        {
            return length;
        }

        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        Span<byte> bytes = stackalloc byte[4];
        file.ReadExactly(bytes);
        if (bytes[0] is not 0x1f || bytes[1] is not 0x8b)
        {
            return length;
        }

        // ISIZE: the length of the text modulo 2^32.                         RFC 1952 section 2.3.1
        file.Seek(-bytes.Length, SeekOrigin.End);
        file.ReadExactly(bytes);
        long text = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        return text >= length ? text : text + ((length - text + uint.MaxValue) / (1L << 32) * (1L << 32));
    }
}
