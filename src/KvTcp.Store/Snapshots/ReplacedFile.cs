using KvTcp.Store.Memory;
using Microsoft.Win32.SafeHandles;

namespace KvTcp.Store;

/// <summary>
/// A file that takes its place, or that of another, when it is complete: it is written under the name <c>FILE.partial</c>, flushed to
/// the disk and renamed. Killed at any moment it leaves the old file or the new one.
/// </summary>
/// <remarks>
/// A lock on the partial file says that somebody is at work. What a killed process has left has no lock, and is taken over; so there is
/// never more than one partial file for one file.
/// </remarks>
internal sealed class ReplacedFile : IDisposable
{
    private const string Suffix = ".partial";

    private readonly string _path;
    private readonly string _partialPath;
    private bool _isInPlace;

    private ReplacedFile(string path, string partialPath, SafeFileHandle handle)
    {
        _path = path;
        _partialPath = partialPath;
        Handle = handle;
    }

    /// <summary>Receives the content, at any place.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Starts the file, empty.</summary>
    /// <param name="path">Its path. A symbolic link stays one: the file that it names is replaced.</param>
    /// <exception cref="IOException">It cannot be created, or somebody else is writing it.</exception>
    /// <exception cref="UnauthorizedAccessException">Its directory may not be written to.</exception>
    public static ReplacedFile Create(string path)
    {
        FileInfo file = new(path);
        string target = file.LinkTarget is null ? file.FullName : file.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? file.FullName;
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
            SafeFileHandle handle = File.OpenHandle(
                partialPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            try
            {
                if (OperatingSystem.IsLinux() && !LinuxFiles.TryLock(handle))
                {
                    throw new IOException($"{path} is being written by another process; wait for it, or end it");
                }

                if (IsAt(handle, partialPath))
                {
                    RandomAccess.SetLength(handle, 0);
                    return new ReplacedFile(target, partialPath, handle);
                }
            }
            catch
            {
                handle.Dispose();
                throw;
            }

            // Whoever had the lock has just renamed the file, or removed it.
            handle.Dispose();
        }
    }

    /// <summary>Puts the file into its place.</summary>
    /// <exception cref="IOException">It cannot be flushed or renamed.</exception>
    public void Complete()
    {
        RandomAccess.FlushToDisk(Handle);
        File.Move(_partialPath, _path, overwrite: true);
        _isInPlace = true;
        if (OperatingSystem.IsLinux())
        {
            LinuxFiles.FlushDirectory(Path.GetDirectoryName(_path)!);
        }
    }

    /// <summary>Removes what was written, unless it is in its place, and gives up the lock.</summary>
    public void Dispose()
    {
        if (!_isInPlace)
        {
            File.Delete(_partialPath);
        }

        Handle.Dispose();
    }

    /// <summary>Whether the open file is the one at a path: between opening and locking it can have been renamed.</summary>
    private static bool IsAt(SafeFileHandle handle, string path) =>
        !OperatingSystem.IsLinux() || LinuxFiles.Status(handle) == LinuxFiles.Status(path);
}
