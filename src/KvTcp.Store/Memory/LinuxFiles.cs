using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace KvTcp.Store.Memory;

/// <summary>What Linux can do with files and .NET cannot: tell which file it is, share a lock, flush a directory.</summary>
internal static unsafe partial class LinuxFiles
{
    private const int AtCurrentDirectory = -100;
    private const int AtEmptyPath = 0x1000;
    private const uint AskTypeOwnerAndNumber = 0x1 | 0x8 | 0x10 | 0x100;
    private const uint Unchanged = uint.MaxValue;

    /// <summary>What .NET passes on when somebody else has a lock.</summary>
    public const int WouldBlock = 11;

    // What file systems say that have nothing to flush.
    private const int Invalid = 22;

    private const int LockShared = 1;
    private const int LockNoWait = 4;

    private const uint SyncRangeWrite = 2;

    private const int OpenReadOnly = 0;
    private const int OpenCloseOnExec = 0x80000;

    /// <summary>What a path leads to, or null when that cannot be told: mostly because there is nothing.</summary>
    public static FileStatus? Status(string path)
    {
        StatusBuffer status;
        return StatusX(AtCurrentDirectory, path, 0, AskTypeOwnerAndNumber, &status) == 0 ? new FileStatus(status) : null;
    }

    /// <summary>What an open file is.</summary>
    public static FileStatus? Status(SafeFileHandle file)
    {
        StatusBuffer status;
        return StatusX(file, "", AtEmptyPath, AskTypeOwnerAndNumber, &status) == 0 ? new FileStatus(status) : null;
    }

    /// <summary>Turns the lock that .NET has on a file for itself alone into one that is shared.</summary>
    /// <returns>False when somebody else has got in between. True also where the file system knows no locks.</returns>
    public static bool TryShareLock(SafeFileHandle file) =>
        Lock(file, LockShared | LockNoWait) == 0 || Marshal.GetLastPInvokeError() != WouldBlock;

    /// <summary>Gives a file to an owner and a group, or to the group alone, as far as the system lets this process do so.</summary>
    public static void TryGiveTo(SafeFileHandle file, uint owner, uint group)
    {
        if (ChangeOwner(file, owner, group) != 0)
        {
            _ = ChangeOwner(file, Unchanged, group);
        }
    }

    /// <summary>Has the system begin to write a part of a file to the disk, without waiting; the flush at the end then finds less to do.</summary>
    public static void StartWriting(SafeFileHandle file, long position, long length) =>
        // Where it does not work the flush does all of it.
        _ = SyncRange(file, position, length, SyncRangeWrite);

    /// <summary>Writes a directory's entries to the disk, so that a rename in it survives the loss of power.</summary>
    /// <exception cref="IOException">They cannot be written.</exception>
    public static void FlushDirectory(string path)
    {
        using var directory = new SafeFileHandle(Open(path, OpenReadOnly | OpenCloseOnExec), ownsHandle: true);
        if (directory.IsInvalid || (Flush(directory) != 0 && Marshal.GetLastPInvokeError() != Invalid))
        {
            throw new IOException($"{path} cannot be flushed: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatusX(int directory, string path, int flags, uint mask, StatusBuffer* status);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatusX(SafeFileHandle file, string path, int flags, uint mask, StatusBuffer* status);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fchown")]
    private static partial int ChangeOwner(SafeFileHandle file, uint owner, uint group);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Flush(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "sync_file_range")]
    private static partial int SyncRange(SafeFileHandle file, long position, long length, uint flags);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Lock(SafeFileHandle file, int operation);

    /// <summary>Identifies a file, and says whose it is.</summary>
    /// <param name="Device">The file system.</param>
    /// <param name="Number">The number of the file in it.</param>
    /// <param name="IsRegular">Whether it is a file, not a directory, a device or a pipe.</param>
    /// <param name="Owner">The number of its owner.</param>
    /// <param name="Group">The number of its group.</param>
    internal readonly record struct FileStatus(ulong Device, ulong Number, bool IsRegular, uint Owner, uint Group)
    {
        private const int TypeMask = 0xF000;
        private const int RegularType = 0x8000;

        public FileStatus(StatusBuffer status)
            : this(status.Device, status.Number, (status.Mode & TypeMask) == RegularType, status.Owner, status.Group)
        {
        }
    }

    /// <summary>The part of <c>struct statx</c> that is needed, which is the same on every architecture.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct StatusBuffer
    {
        [FieldOffset(20)]
        public uint Owner;

        [FieldOffset(24)]
        public uint Group;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Number;

        [FieldOffset(136)]
        public ulong Device;
    }
}
