using System.Diagnostics;
using KvTcp.Store.Index;

namespace KvTcp.Store.Memory;

/// <summary>
/// The region that records are written to: workers claim extents of it one after the other and fill them without a lock.
/// </summary>
/// <remarks>
/// Extents follow each other, and a worker fills one before it claims the next. So however the workers share the lines, the
/// records lie dense but for less than a record at the end of each extent, and what is untouched at the end of the last ones
/// goes back to the system.
/// </remarks>
internal sealed class RecordArena : IDisposable
{
    /// <summary>Where the first record lies: offset 0 means an empty slot.</summary>
    public const long FirstOffset = 64;

    private readonly long _extentLength;
    private long _next;

    private RecordArena(NativeRegion region, long extentLength)
    {
        Region = region;
        _extentLength = extentLength;
    }

    public NativeRegion Region { get; }

    /// <summary>The end of the claimed extents.</summary>
    public long End => Interlocked.Read(ref _next);

    /// <summary>Reserves an arena.</summary>
    /// <param name="textLength">The length of all text, which bounds that of the records; null if it is not known.</param>
    /// <param name="workers">How many workers will claim extents.</param>
    /// <param name="maxRecordLength">The longest record, with the slack that writing needs.</param>
    /// <param name="extentLength">The length of an extent, unless a record needs a longer one.</param>
    /// <exception cref="OutOfMemoryException">The system does not grant even the address space.</exception>
    public static RecordArena Reserve(long? textLength, int workers, int maxRecordLength, long extentLength)
    {
        // With extents of two records and more, at least half of each full extent is used.
        extentLength = Math.Max(extentLength, 2L * maxRecordLength);
        long length = textLength is long known
            ? Math.Min((2 * known) + ((workers + 1) * extentLength), SlotTable.MaxOffset)
            : SlotTable.MaxOffset;
        while (true)
        {
            NativeRegion? region = NativeRegion.TryReserve(length, textLength ?? length);
            if (region is not null)
            {
                return new RecordArena(region, extentLength);
            }

            if (textLength is not null || length <= extentLength)
            {
                NativeRegion.ThrowOutOfMemory(length);
            }

            length /= 2;
        }
    }

    /// <summary>Claims and commits the next extent. Thread-safe.</summary>
    /// <exception cref="OutOfMemoryException">The memory is not granted, or the arena is full.</exception>
    public (long Start, long End) Claim()
    {
        long end = Interlocked.Add(ref _next, _extentLength);
        long start = end - _extentLength;
        if (end > Region.Length)
        {
            NativeRegion.ThrowOutOfMemory(end);
        }

        Region.Commit(start, _extentLength);
        return (Math.Max(start, FirstOffset), end);
    }

    /// <summary>Gives everything from <paramref name="end"/> on back to the system, for good.</summary>
    public void Truncate(long end)
    {
        Debug.Assert(end <= Region.Length);
        Region.Truncate(end);
    }

    public void Dispose() => Region.Dispose();
}
