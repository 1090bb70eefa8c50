using System.IO.Compression;

namespace KvTcp.Store;

/// <summary>Decompresses gzip of one or more members, and notices when the end is missing.</summary>
/// <remarks>
/// <see cref="GZipStream"/> takes the end of its input for the end of the data, so half a file would pass for a whole one.
/// Here a member of our own follows the input: only after a complete member does it come out as what it is.
/// </remarks>
internal sealed class GzipTextStream : Stream
{
    private const int BufferLength = 128 << 10;

    private static readonly byte[] EndMark = "kvtcp: end of gzip"u8.ToArray();
    private static readonly byte[] EndMember = Compress(EndMark);

    private readonly GZipStream _gzip;

    // What has come out and may be the beginning of the end mark stays in the buffer.
    private readonly byte[] _buffer = new byte[BufferLength];
    private int _start;
    private int _end;
    private bool _atEnd;

    public GzipTextStream(PeekedStream compressed)
    {
        compressed.Append(EndMember);
        _gzip = new GZipStream(compressed, CompressionMode.Decompress);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Reads text.</summary>
    /// <exception cref="InvalidDataException">The data is damaged, or its end is missing.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (!_atEnd && _end - _start <= EndMark.Length)
        {
            Fill();
        }

        int length = Math.Min(buffer.Length, _end - _start - EndMark.Length);
        _buffer.AsSpan(_start, length).CopyTo(buffer);
        _start += length;
        return length;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _gzip.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _end -= _start;
        _start = 0;
        int read = _gzip.Read(_buffer.AsSpan(_end));
        _end += read;
        _atEnd = read == 0;
        if (_atEnd && !_buffer.AsSpan(0, _end).EndsWith(EndMark))
        {
            throw new InvalidDataException("the end of the data is missing, or something else follows it");
        }
    }

    private static byte[] Compress(byte[] content)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.NoCompression))
        {
            gzip.Write(content);
        }

        return stream.ToArray();
    }
}
