using Microsoft.Win32.SafeHandles;

namespace KvTcp.Store;

/// <summary>A source that is open: a plain file that can be read anywhere, or a stream, whose first bytes tell what it is.</summary>
internal sealed class OpenedSource : IDisposable
{
    private static ReadOnlySpan<byte> GzipMagic => [0x1F, 0x8B];

    private readonly Stream _stream;
    private PeekedStream? _content;

    private OpenedSource(string name, Stream stream, bool isPlainFile)
    {
        Name = name;
        _stream = stream;
        StoredLength = stream.CanSeek ? stream.Length - stream.Position : null;
        PlainFile = isPlainFile ? ((FileStream)stream).SafeFileHandle : null;
    }

    public string Name { get; }

    /// <summary>The bytes to read, compressed ones for gzip; null if that is not known.</summary>
    public long? StoredLength { get; }

    /// <summary>The file, if it has a known length and can be read in any order: plain text or a snapshot; null for streams.</summary>
    public SafeFileHandle? PlainFile { get; }

    /// <summary>Opens a source.</summary>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    /// <exception cref="IOException">It is a directory, or cannot be read.</exception>
    public static OpenedSource Open(DataSource source)
    {
        if (source.Path is null)
        {
            return new OpenedSource(source.Name, source.Open!(), isPlainFile: false);
        }

        FileStream file = OpenFile(source.Path);
        try
        {
            // Files of no length are read as streams: those of /proc have content all the same.
            bool isPlainFile = file.CanSeek && file.Length > 0 && !StartsWithGzipMagic(file.SafeFileHandle);
            return new OpenedSource(source.Name, file, isPlainFile);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The content of a stream, decompressed if it is gzip; every call gives the same.</summary>
    /// <exception cref="InvalidDataException">It is damaged gzip.</exception>
    public Stream OpenContent(ProgressMeter meter) => Content(meter);

    /// <summary>Whether it is a snapshot, by its first bytes; waits for those of a stream.</summary>
    /// <exception cref="InvalidDataException">It is damaged gzip.</exception>
    public bool IsSnapshot(ProgressMeter meter)
    {
        if (PlainFile is null)
        {
            return SnapshotHeader.IsSnapshot(Content(meter).Peek(SnapshotHeader.Magic.Length));
        }

        Span<byte> start = stackalloc byte[SnapshotHeader.Magic.Length];
        return SnapshotHeader.IsSnapshot(start[..RandomAccess.Read(PlainFile, start, 0)]);
    }

    public void Dispose() => _stream.Dispose();

    private PeekedStream Content(ProgressMeter meter)
    {
        if (_content is null)
        {
            var stored = new PeekedStream(_stream, meter);
            _content = stored.Peek(GzipMagic.Length).SequenceEqual(GzipMagic)
                ? new PeekedStream(new GzipTextStream(stored), meter: null)
                : stored;
        }

        return _content;
    }

    private static bool StartsWithGzipMagic(SafeFileHandle file)
    {
        Span<byte> start = stackalloc byte[GzipMagic.Length];
        return RandomAccess.Read(file, start, 0) == start.Length && start.SequenceEqual(GzipMagic);
    }

    private static FileStream OpenFile(string path)
    {
        if (Directory.Exists(path))
        {
            throw new IOException($"{path} is a directory; give a data file.");
        }

        try
        {
            return new FileStream(path, new FileStreamOptions
            {
                BufferSize = 0,
                Options = FileOptions.SequentialScan,
                Share = FileShare.ReadWrite | FileShare.Delete,
            });
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FileNotFoundException($"{path} does not exist.", path, exception);
        }
    }
}
