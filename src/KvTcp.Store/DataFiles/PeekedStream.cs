namespace KvTcp.Store;

/// <summary>A stream whose first bytes have been looked at, which tells how much is read from it, and which others may follow.</summary>
internal sealed class PeekedStream : Stream
{
    private readonly Stream _inner;
    private readonly ProgressMeter? _meter;
    private byte[] _peeked = [];
    private byte[] _suffix = [];

    public PeekedStream(Stream inner, ProgressMeter? meter)
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

    /// <summary>The first bytes, which stay to be read; fewer if the stream is shorter. To be called before anything is read.</summary>
    public ReadOnlySpan<byte> Peek(int length)
    {
        if (length > _peeked.Length)
        {
            byte[] bytes = new byte[length - _peeked.Length];
            int read = _inner.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            _meter?.Add(read);
            _peeked = [.. _peeked, .. bytes[..read]];
        }

        return _peeked.AsSpan(0, Math.Min(length, _peeked.Length));
    }

    /// <summary>Lets other bytes follow the stream's last one.</summary>
    public void Append(byte[] suffix) => _suffix = suffix;

    public override int Read(Span<byte> buffer)
    {
        if (_peeked.Length > 0)
        {
            return Take(ref _peeked, buffer);
        }

        int read = _inner.Read(buffer);
        _meter?.Add(read);
        return read > 0 ? read : Take(ref _suffix, buffer);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private static int Take(ref byte[] bytes, Span<byte> buffer)
    {
        int length = Math.Min(buffer.Length, bytes.Length);
        bytes.AsSpan(0, length).CopyTo(buffer);
        bytes = bytes[length..];
        return length;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
