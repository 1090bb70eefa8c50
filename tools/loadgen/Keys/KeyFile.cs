using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using KvTcp.Protocol;

namespace KvTcp.LoadGen;

/// <summary>
/// The keys of a data file (docs/data-file.md), and the values that verification compares with. The file stays mapped, and is not
/// copied: an array of line offsets is all that is kept. Thread-safe once open.
/// </summary>
/// <remarks>It reads the file by its own means and not by the server's, so that a comparison with the server's replies proves something.</remarks>
internal sealed unsafe class KeyFile : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _bytes;
    private readonly long _length;
    private readonly long[] _lines;
    private bool _usesLastOfDuplicates;

    private KeyFile(MemoryMappedFile file, MemoryMappedViewAccessor view, byte* bytes, long length, string path)
    {
        _file = file;
        _view = view;
        _bytes = bytes;
        _length = length;
        _lines = KeyFileLines.Find(bytes, length, path);
    }

    /// <summary>How many keys it holds, each line counted, whether or not a later one has the same key.</summary>
    public int Count => _lines.Length;

    /// <summary>Maps a data file and finds its lines.</summary>
    /// <param name="path">The data file, not compressed.</param>
    /// <exception cref="InvalidDataException">It holds no key, is compressed, or has a line without a key and a space.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be read.</exception>
    public static KeyFile Open(string path)
    {
        // A file of length 0 cannot be mapped.
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        if (stream.Length == 0)
        {
            throw KeyFileLines.WithoutKeys(path);
        }

        MemoryMappedFile file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        MemoryMappedViewAccessor? view = null;
        byte* bytes = null;
        try
        {
            view = file.CreateViewAccessor(0, stream.Length, MemoryMappedFileAccess.Read);
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref bytes);
            return new KeyFile(file, view, bytes, stream.Length, path);
        }
        catch
        {
            Unmap(file, view, bytes);
            throw;
        }
    }

    /// <summary>The text of a key, its 36 bytes as the file has them.</summary>
    /// <param name="index">From 0 to <see cref="Count"/> - 1.</param>
    public ReadOnlySpan<byte> Key(int index) => new(KeyPointer(index), UuidText.Length);

    /// <summary>The value on a key's line.</summary>
    /// <param name="index">From 0 to <see cref="Count"/> - 1.</param>
    public ReadOnlySpan<byte> Value(int index)
    {
        long start = _lines[index] + UuidText.Length + 1;
        ReadOnlySpan<byte> rest = new(_bytes + start, (int)Math.Min(_length - start, int.MaxValue));
        int end = rest.IndexOf((byte)'\n');
        ReadOnlySpan<byte> value = end < 0 ? rest : rest[..end];
        return value is [.., (byte)'\r'] ? value[..^1] : value;
    }

    /// <summary>Where the text of a key stands; valid until this is disposed.</summary>
    /// <param name="index">From 0 to <see cref="Count"/> - 1.</param>
    public byte* KeyPointer(int index) => _bytes + _lines[index];

    /// <summary>Where the offset of a line stands, for prefetching it.</summary>
    /// <param name="index">From 0 to <see cref="Count"/> - 1.</param>
    /// <returns>An address that may move; to be used as a hint only.</returns>
    public void* LinePointer(int index) => Unsafe.AsPointer(ref _lines[index]);

    /// <summary>
    /// Has every line with a key that a later line has too stand for the last of these lines, whose value is the one that a server has
    /// when it loads the file as it is. Not to be called while other threads read.
    /// </summary>
    public void UseLastOfDuplicates()
    {
        if (!_usesLastOfDuplicates)
        {
            LastLines.Apply(this, _lines);
            _usesLastOfDuplicates = true;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Unmap(_file, _view, _bytes);

    private static void Unmap(MemoryMappedFile file, MemoryMappedViewAccessor? view, byte* bytes)
    {
        if (bytes is not null)
        {
            view!.SafeMemoryMappedViewHandle.ReleasePointer();
        }

        view?.Dispose();
        file.Dispose();
    }
}
