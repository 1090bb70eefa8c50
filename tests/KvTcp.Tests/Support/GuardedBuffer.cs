using System.Runtime.InteropServices;

namespace KvTcp.Tests.Support;

/// <summary>
/// Memory that ends, and begins, at a page that cannot be touched: a read or write outside of it ends the process. Only Linux
/// has the pages; elsewhere it is ordinary memory.
/// </summary>
internal sealed unsafe partial class GuardedBuffer : IDisposable
{
    private const int ProtNone = 0;
    private const int ProtReadWrite = 3;
    private const int MapPrivateAnonymous = 0x22;

    private readonly nuint _page = (nuint)Environment.SystemPageSize;
    private readonly byte* _start;

    public GuardedBuffer()
    {
        if (!OperatingSystem.IsLinux())
        {
            _start = (byte*)NativeMemory.AllocZeroed(3 * _page);
            return;
        }

        _start = MMap(null, 3 * _page, ProtNone, MapPrivateAnonymous, -1, 0);
        if (_start == (byte*)-1 || MProtect(_start + _page, _page, ProtReadWrite) != 0)
        {
            throw new InvalidOperationException($"No guarded memory, errno {Marshal.GetLastPInvokeError()}.");
        }
    }

    /// <summary>The last bytes before the guard.</summary>
    public Span<byte> AtEnd(int length) => new(_start + 2 * _page - length, length);

    /// <summary>The first bytes after the other guard.</summary>
    public Span<byte> AtStart(int length) => new(_start + _page, length);

    public void Dispose()
    {
        if (OperatingSystem.IsLinux())
        {
            _ = MUnmap(_start, 3 * _page);
        }
        else
        {
            NativeMemory.Free(_start);
        }
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial byte* MMap(void* address, nuint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int MProtect(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int MUnmap(void* address, nuint length);
}
