namespace KvTcp.Compare;

/// <summary>A data file in blocks of whole lines. Thread-safe.</summary>
internal sealed class DataFileBlocks : IDisposable
{
    private const int BlockLength = 256 * 1024;

    private readonly FileStream _file;
    private readonly Lock _lock = new();

    /// <summary>Opens a file whose every line, the last one too, ends in LF.</summary>
    public DataFileBlocks(string path) => _file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);

    /// <summary>The next block; null at the end.</summary>
    /// <exception cref="InvalidDataException">A line is longer than a block, or the last one has no end.</exception>
    public byte[]? Next()
    {
        byte[] block = new byte[BlockLength];
        lock (_lock)
        {
            int read = _file.ReadAtLeast(block, BlockLength, throwOnEndOfStream: false);
            if (read == 0)
            {
                return null;
            }

            int length = block.AsSpan(0, read).LastIndexOf((byte)'\n') + 1;
            if (length == 0)
            {
                throw new InvalidDataException($"{_file.Name} has a line without an end.");
            }

            _file.Position -= read - length;
            return block[..length];
        }
    }

    public void Dispose() => _file.Dispose();
}
