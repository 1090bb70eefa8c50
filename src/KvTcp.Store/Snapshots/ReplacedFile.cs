using KvTcp.Store.Memory;
using Microsoft.Win32.SafeHandles;

namespace KvTcp.Store;

/// <summary>
/// A file that takes its place, or that of another, when it is complete: it is written under the name <c>FILE.partial</c>, flushed to
/// the disk and renamed. Killed at any moment it leaves the old file or the new one.
/// </summary>
/// <remarks>
/// A lock on the partial file says that somebody is at work. What a killed process has left has no lock, and is taken over; so there is
/// never more than one partial file for one file. While it is renamed the lock is one that readers can share: they must not find a new
/// file that cannot be opened.
/// </remarks>
internal sealed class ReplacedFile : IDisposable
{
    private const string Suffix = ".partial";

    // What Windows says where Linux says that it would block.
    private const int SharingViolation = unchecked((int)0x80070020);

    private const UnixFileMode Builder = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _path;
    private readonly string _partialPath;
    private readonly FileStream _file;
    private bool _isOurs = true;

    private ReplacedFile(string path, string partialPath, FileStream file)
    {
        _path = path;
        _partialPath = partialPath;
        _file = file;
    }

    /// <summary>Receives the content, at any place.</summary>
    public SafeFileHandle Handle => _file.SafeFileHandle;

    /// <summary>Starts the file, empty.</summary>
    /// <param name="path">Its path. A symbolic link stays one: the file that it names is replaced.</param>
    /// <exception cref="IOException">It cannot be created, or somebody else is writing it.</exception>
    /// <exception cref="UnauthorizedAccessException">Its directory may not be written to.</exception>
    public static ReplacedFile Create(string path)
    {
        FileInfo named = new(path);
        string target = named.LinkTarget is null ? named.FullName : named.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? named.FullName;
        if (Directory.Exists(target))
        {
            throw new IOException($"{path} is a directory; name a file in it");
        }

        if (OperatingSystem.IsLinux() && LinuxFiles.Status(target) is { IsRegular: false })
        {
            throw new IOException($"{path} is a device or a pipe; a snapshot is written to a file");
        }

        string partialPath = target + Suffix;
        while (true)
        {
            FileStream file = OpenLocked(path, partialPath, ModeOf(target));
            try
            {
                if (IsAt(file.SafeFileHandle, partialPath))
                {
                    RandomAccess.SetLength(file.SafeFileHandle, 0);
                    TakeRights(target, file.SafeFileHandle);
                    return new ReplacedFile(target, partialPath, file);
                }
            }
            catch
            {
                file.Dispose();
                throw;
            }

            // Whoever had the lock has just renamed the file, or removed it.
            file.Dispose();
        }
    }

    /// <summary>Puts the file into its place.</summary>
    /// <exception cref="IOException">It cannot be flushed or renamed.</exception>
    public void Complete()
    {
        RandomAccess.FlushToDisk(Handle);
        if (OperatingSystem.IsLinux() && !LinuxFiles.TryShareLock(Handle))
        {
            _isOurs = false;
            throw Busy(_path, inner: null);
        }

        UnixFileMode? mode = ModeOf(_path);
        File.Move(_partialPath, _path, overwrite: true);
        _isOurs = false;
        if (mode is not null && !OperatingSystem.IsWindows())
        {
            // Last: a file without the right to write would keep the next build from taking over what a killed one leaves.
            File.SetUnixFileMode(Handle, mode.Value);
        }

        if (OperatingSystem.IsLinux())
        {
            LinuxFiles.FlushDirectory(Path.GetDirectoryName(_path)!);
        }
    }

    /// <summary>Removes what was written, unless it is in its place, and gives up the lock.</summary>
    public void Dispose()
    {
        if (_isOurs)
        {
            File.Delete(_partialPath);
        }

        _file.Dispose();
    }

    private static FileStream OpenLocked(string path, string partialPath, UnixFileMode? mode)
    {
        FileStreamOptions options = new()
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 0,
        };
        if (mode is not null && !OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode | Builder;
        }

        try
        {
            return new FileStream(partialPath, options);
        }
        catch (IOException exception) when (exception.HResult is LinuxFiles.WouldBlock or SharingViolation)
        {
            throw Busy(path, exception);
        }
    }

    /// <summary>What the file that is replaced allows whom; null where there is none.</summary>
    private static UnixFileMode? ModeOf(string target) =>
        !OperatingSystem.IsWindows() && File.Exists(target) ? File.GetUnixFileMode(target) : null;

    /// <summary>Gives the new file owner, group and mode of the one that it replaces, while it is still empty; its builder may write.</summary>
    private static void TakeRights(string target, SafeFileHandle file)
    {
        if (OperatingSystem.IsWindows() || ModeOf(target) is not UnixFileMode mode)
        {
            return;
        }

        if (OperatingSystem.IsLinux() && LinuxFiles.Status(target) is LinuxFiles.FileStatus old)
        {
            // Only root may give files away, and others only to groups of their own: for those the builder stays the owner.
            LinuxFiles.TryGiveTo(file, old.Owner, old.Group);
        }

        File.SetUnixFileMode(file, mode | Builder);
    }

    private static IOException Busy(string path, Exception? inner) =>
        new($"{path} is being written by another process; wait for it, or end it", inner);

    /// <summary>Whether the open file is the one at a path: between opening and locking it can have been renamed.</summary>
    private static bool IsAt(SafeFileHandle handle, string path) =>
        !OperatingSystem.IsLinux() || LinuxFiles.Status(handle) == LinuxFiles.Status(path);
}
