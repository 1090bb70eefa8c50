using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace KvTcp.Store.Memory;

/// <summary>
/// A range of native addresses that costs nothing until parts of it are committed; zeroed; given back by <see cref="Dispose"/>.
/// </summary>
/// <remarks>
/// <para>
/// On Linux it is reserved without access rights, which no overcommit policy charges, and committing makes a part writable,
/// which the strict policy charges and may refuse. Memory is resident only where it is touched, in huge pages when the region
/// is large: a random lookup in gigabytes of 4 KiB pages pays more for address translation than for the data.
/// </para>
/// <para>Elsewhere it is one zeroed allocation, and committing and discarding do nothing.</para>
/// </remarks>
internal sealed unsafe class NativeRegion : IDisposable
{
    /// <summary>The size of a huge page on x64, and on Arm with 4 KiB pages; the alignment of <see cref="Address"/>.</summary>
    public const int HugePage = 2 << 20;

    // A smaller region would waste a good part of itself in its last huge page.
    private const long HugePagesFrom = 8L * HugePage;

    private void* _mapping;
    private long _mappingLength;

    private NativeRegion(void* mapping, long mappingLength, long length, int alignment)
    {
        _mapping = mapping;
        _mappingLength = mappingLength;
        Address = (byte*)(((nuint)mapping + (nuint)alignment - 1) & ~((nuint)alignment - 1));
        Length = length;
    }

    public byte* Address { get; private set; }

    /// <summary>The bytes from <see cref="Address"/> that may be committed.</summary>
    public long Length { get; private set; }

    /// <summary>Reserves a region, and commits all of it.</summary>
    /// <param name="length">Its length in bytes.</param>
    /// <exception cref="OutOfMemoryException">The system does not grant it.</exception>
    public static NativeRegion Allocate(long length)
    {
        NativeRegion? region = TryReserve(length, length);
        if (region is null)
        {
            ThrowOutOfMemory(length);
        }

        try
        {
            region.Commit(0, length);
        }
        catch
        {
            region.Dispose();
            throw;
        }

        return region;
    }

    /// <summary>Reserves a region.</summary>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="expected">How much of it will be used, about.</param>
    /// <returns>The region, or null when the system does not grant it.</returns>
    public static NativeRegion? TryReserve(long length, long expected)
    {
        Debug.Assert(length > 0);
        return OperatingSystem.IsLinux() ? TryMap(length, expected) : TryAllocate(length);
    }

    /// <summary>Maps a whole file for reading; a page of zeros that are not the file's follows it. Only on Linux.</summary>
    /// <param name="file">The file.</param>
    /// <param name="length">Its length.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <remarks>
    /// The pages are the system's copy of the file, so nothing is read here. Whoever makes the file shorter while it is mapped ends
    /// the process, when it touches what is missing.
    /// </remarks>
    /// <exception cref="IOException">The system does not map it.</exception>
    public static NativeRegion MapFile(SafeFileHandle file, long length, string name)
    {
        Debug.Assert(length > 0 && OperatingSystem.IsLinux());
        long mappingLength = AlignUp(length) + PageSize;
        void* mapping = LinuxMemory.MapFile(
            null, (nuint)mappingLength, LinuxMemory.ProtectRead, LinuxMemory.MapShared, file, 0);
        if (mapping == LinuxMemory.MapFailed)
        {
            throw new IOException($"{name} cannot be mapped: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }

        var region = new NativeRegion(mapping, mappingLength, length, Environment.SystemPageSize);
        void* guard = LinuxMemory.Map(
            (byte*)mapping + mappingLength - PageSize,
            (nuint)PageSize,
            LinuxMemory.ProtectRead,
            LinuxMemory.MapPrivate | LinuxMemory.MapAnonymous | LinuxMemory.MapNoReserve | LinuxMemory.MapFixed,
            -1,
            0);
        if (guard == LinuxMemory.MapFailed)
        {
            region.Dispose();
            ThrowOutOfMemory(PageSize);
        }

        return region;
    }

    /// <summary>Says that the region will be read here and there, so that reading ahead is of no use.</summary>
    public void ExpectRandomReads()
    {
        if (OperatingSystem.IsLinux())
        {
            // Advice: what does not take it works all the same.
            _ = LinuxMemory.Advise(Address, (nuint)Length, LinuxMemory.AdviseRandom);
        }
    }

    /// <summary>Makes a part writable; it is zero where it has not been written.</summary>
    /// <exception cref="OutOfMemoryException">The system does not grant it.</exception>
    public void Commit(long offset, long length)
    {
        Debug.Assert(offset >= 0 && offset + length <= Length);
        (long start, long end) = (offset & -PageSize, AlignUp(offset + length));
        if (OperatingSystem.IsLinux() &&
            LinuxMemory.Protect(Address + start, (nuint)(end - start), LinuxMemory.ProtectReadWrite) != 0)
        {
            ThrowOutOfMemory(length);
        }
    }

    /// <summary>Gives the whole pages of a part back to the system; the part may not be used again before a new commit.</summary>
    public void Discard(long offset, long length)
    {
        Debug.Assert(offset >= 0 && offset + length <= Length);
        (long start, long end) = (AlignUp(offset), (offset + length) & -PageSize);
        if (start < end && OperatingSystem.IsLinux())
        {
            // A fresh mapping in place also takes back the commit charge, which madvise leaves. Failure only wastes memory.
            _ = LinuxMemory.Map(
                Address + start,
                (nuint)(end - start),
                LinuxMemory.ProtectNone,
                LinuxMemory.MapPrivate | LinuxMemory.MapAnonymous | LinuxMemory.MapNoReserve | LinuxMemory.MapFixed,
                -1,
                0);
        }
    }

    /// <summary>Gives everything from <paramref name="length"/> on back to the system, with its addresses.</summary>
    public void Truncate(long length)
    {
        Debug.Assert(length <= Length);
        long keep = Math.Max(PageSize, AlignUp(length)) + (Address - (byte*)_mapping);
        if (OperatingSystem.IsLinux() && keep < _mappingLength &&
            LinuxMemory.Unmap((byte*)_mapping + keep, (nuint)(_mappingLength - keep)) == 0)
        {
            _mappingLength = keep;
        }

        Length = length;
    }

    public void Dispose()
    {
        void* mapping = _mapping;
        if (mapping == null)
        {
            return;
        }

        _mapping = null;
        Address = null;
        if (!OperatingSystem.IsLinux())
        {
            NativeMemory.Free(mapping);
        }
        else if (LinuxMemory.Unmap(mapping, (nuint)_mappingLength) != 0)
        {
            Debug.Fail("munmap of a region that was mapped cannot fail.");
        }
    }

    private static long PageSize => Environment.SystemPageSize;

    private static long AlignUp(long offset) => (offset + PageSize - 1) & -PageSize;

    private static NativeRegion? TryMap(long length, long expected)
    {
        bool huge = expected >= HugePagesFrom;
        int alignment = huge ? HugePage : Environment.SystemPageSize;
        long mappingLength = AlignUp(length) + alignment;
        void* mapping = LinuxMemory.Map(
            null,
            (nuint)mappingLength,
            LinuxMemory.ProtectNone,
            LinuxMemory.MapPrivate | LinuxMemory.MapAnonymous | LinuxMemory.MapNoReserve,
            -1,
            0);
        if (mapping == LinuxMemory.MapFailed)
        {
            return null;
        }

        if (huge)
        {
            // Kernels without transparent huge pages refuse; the region then works with small ones.
            _ = LinuxMemory.Advise(mapping, (nuint)mappingLength, LinuxMemory.AdviseHugePage);
        }

        return new NativeRegion(mapping, mappingLength, length, alignment);
    }

    private static NativeRegion? TryAllocate(long length)
    {
        const int CacheLine = 64;
        long mappingLength = length + CacheLine;
        try
        {
            return new NativeRegion(NativeMemory.AllocZeroed((nuint)mappingLength), mappingLength, length, CacheLine);
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    /// <summary>Throws what callers know as <see cref="OutOfMemoryException"/>.</summary>
    [DoesNotReturn]
    public static void ThrowOutOfMemory(long length) =>
#pragma warning disable MA0012 // The runtime reserves the type for failures like this one.
        throw new InsufficientMemoryException($"The system does not grant {length:N0} bytes of memory for the dataset.");
#pragma warning restore MA0012
}
