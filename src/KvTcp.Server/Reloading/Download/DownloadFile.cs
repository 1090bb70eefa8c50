namespace KvTcp.Server;

/// <summary>The file that a download goes into, gone when it is disposed or the process ends.</summary>
/// <remarks>
/// On Linux it has no name from the start: it is found by its descriptor, and a process that is killed leaves nothing behind.
/// </remarks>
internal sealed class DownloadFile : IDisposable
{
    private readonly string _name;

    /// <summary>Makes an empty file.</summary>
    /// <param name="directory">Where.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    public DownloadFile(string directory)
    {
        _name = System.IO.Path.Combine(directory, $"kvtcp-{Guid.NewGuid():N}.download");
        FileStreamOptions options = new()
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        Content = new FileStream(_name, options);
        if (OperatingSystem.IsLinux())
        {
            File.Delete(_name);
        }
    }

    /// <summary>What has been downloaded.</summary>
    public FileStream Content { get; }

    /// <summary>A path by which this process can open it.</summary>
    public string Path => OperatingSystem.IsLinux() ? $"/proc/self/fd/{Content.SafeFileHandle.DangerousGetHandle()}" : _name;

    public void Dispose()
    {
        Content.Dispose();
        if (!OperatingSystem.IsLinux())
        {
            File.Delete(_name);
        }
    }
}
