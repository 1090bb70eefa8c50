using System.Runtime.InteropServices;

namespace KvTcp.Server;

/// <summary>
/// What can be told of a file without reading it. Whoever writes to a file, or puts another one in its place, changes at least one
/// of these.
/// </summary>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Modified">When it was last written, in nanoseconds.</param>
/// <param name="Inode">Its number in its file system; 0 where the system has none.</param>
/// <param name="Device">The number of its file system.</param>
internal sealed partial record FileState(long Length, long Modified, ulong Inode, ulong Device) : SourceVersion
{
    private const int FromCurrentDirectory = -100;
    private const uint BasicStatistics = 0x7ff;
    private const ushort TypeMask = 0xF000;
    private const ushort TypeDirectory = 0x4000;
    private const int NoSuchFile = 2;
    private const int NotADirectory = 20;

    /// <summary>Looks at a file.</summary>
    /// <param name="path">Its path; links are followed.</param>
    /// <returns>Its state; null if no file is there, or a directory.</returns>
    /// <exception cref="IOException">The system does not tell.</exception>
    public static FileState? Of(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            FileInfo file = new(path);
            return file.Exists ? new FileState(file.Length, file.LastWriteTimeUtc.Ticks * 100, 0, 0) : null;
        }

        if (StatX(FromCurrentDirectory, path, 0, BasicStatistics, out StatXBuffer buffer) == 0)
        {
            // Reading changes the times of pipes and of files of /proc, which have no length.
            long modified = buffer.Size == 0 ? 0 : (buffer.ModifiedSeconds * 1_000_000_000) + buffer.ModifiedNanoseconds;
            return (buffer.Mode & TypeMask) == TypeDirectory ? null : new FileState((long)buffer.Size, modified, buffer.Inode, buffer.Device);
        }

        int error = Marshal.GetLastPInvokeError();
        return error is NoSuchFile or NotADirectory ? null : throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int StatX(int directory, string path, int flags, uint mask, out StatXBuffer buffer);

    // struct statx of linux/stat.h, the same on every architecture, unlike struct stat.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatXBuffer
    {
        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(112)]
        public long ModifiedSeconds;

        [FieldOffset(120)]
        public uint ModifiedNanoseconds;

        /// <summary>Major and minor number, side by side.</summary>
        [FieldOffset(136)]
        public ulong Device;
    }
}
