namespace KvTcp.Cli;

/// <summary>
/// A file that appears, or replaces another, only when it is complete: it is written beside its place and renamed. So neither a
/// full disk nor an interrupt leaves a data file that ends in the middle. Devices and pipes are written as they come.
/// </summary>
internal sealed class OutputFile : IDisposable
{
    private const int MaxNameLength = 200;

    private readonly string _path;
    private readonly string? _partialPath;

    private OutputFile(Stream stream, string path, string? partialPath)
    {
        Stream = stream;
        _path = path;
        _partialPath = partialPath;
    }

    /// <summary>Receives the content; it belongs to this object.</summary>
    public Stream Stream { get; }

    /// <summary>Starts a file.</summary>
    /// <param name="path">Its path; <c>-</c> is standard output. A symbolic link stays one: the file it names is replaced.</param>
    /// <exception cref="CommandException">It cannot be created.</exception>
    public static OutputFile Create(string path)
    {
        if (path is "-")
        {
            return new OutputFile(StandardOutput.Open(), path, partialPath: null);
        }

        try
        {
            FileInfo link = new(path);
            string target = link.LinkTarget is null ? path : link.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path;
            if (OpenDevice(target) is FileStream device)
            {
                return new OutputFile(device, path, partialPath: null);
            }

            string name = Path.GetFileName(target);
            string partialPath = Path.Join(
                Path.GetDirectoryName(target), $"{name[..Math.Min(name.Length, MaxNameLength)]}.{Environment.ProcessId}.partial");
            return new OutputFile(new FileStream(partialPath, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0), target, partialPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.InputOutput, $"{path} cannot be created: {Reason(e)}", e);
        }
    }

    /// <summary>Puts the file into its place.</summary>
    /// <exception cref="IOException">It cannot be renamed.</exception>
    public void Complete()
    {
        Stream.Dispose();
        if (_partialPath is not null)
        {
            File.Move(_partialPath, _path, overwrite: true);
        }
    }

    /// <summary>Removes what was written, unless it is complete.</summary>
    public void Dispose()
    {
        Stream.Dispose();
        if (_partialPath is not null)
        {
            File.Delete(_partialPath);
        }
    }

    /// <summary>Opens what exists and is no regular file: renaming onto it would replace it by one.</summary>
    private static FileStream? OpenDevice(string path)
    {
        if (Directory.Exists(path))
        {
            throw new IOException("it is a directory");
        }

        if (!File.Exists(path))
        {
            return null;
        }

        FileStream existing = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        if (!existing.CanSeek || Path.GetFullPath(path).StartsWith("/dev/", StringComparison.Ordinal))
        {
            return existing;
        }

        existing.Dispose();
        return null;
    }

    private static string Reason(Exception e) => e switch
    {
        DirectoryNotFoundException => "its directory does not exist",
        UnauthorizedAccessException => "permission denied",
        _ => e.Message,
    };
}
