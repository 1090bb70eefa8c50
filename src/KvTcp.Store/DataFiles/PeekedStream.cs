namespace KvTcp.Store;

/// <summary>A stream whose first bytes have been read already, and which tells how much is read from it.</summary>
internal sealed class PeekedStream : Stream
{
    private readonly Stream _inner;
    private readonly ProgressMeter _meter;
    private byte[] _peeked = [];

    public PeekedStream(Stream inner, ProgressMeter meter)
    {
        _inner = inner;
        _meter = meter;
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

    /// <summary>The first bytes, which stay to be read; fewer if the stream is shorter.</summary>
    public ReadOnlySpan<byte> Peek(int length)
    {
        byte[] bytes = new byte[length];
        int read = _inner.ReadAtLeast(bytes, length, throwOnEndOfStream: false);
        _meter.Add(read);
        _peeked = bytes[..read];
        return _peeked;
    }

    public override int Read(Span<byte> buffer)
    {
        if (_peeked.Length > 0)
        {
            int copied = Math.Min(buffer.Length, _peeked.Length);
            _peeked.AsSpan(0, copied).CopyTo(buffer);
            _peeked = _peeked[copied..];
            return copied;
        }

        int read = _inner.Read(buffer);
        _meter.Add(read);
        return read;
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
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
