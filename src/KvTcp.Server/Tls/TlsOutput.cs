using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;

namespace KvTcp.Server;

/// <summary>What a client is to be sent, before it is encrypted. One writer at a time; <see cref="CancelPendingFlush"/> at any time.</summary>
/// <remarks>
/// What is written is encrypted by the record, at once and without a wait, into the pipe behind the stream. That pipe does what is left to do: it
/// sends when this one is flushed, and lets a writer wait for its client.
/// </remarks>
/// <param name="stream">The stream that encrypts, into <paramref name="encrypted"/>.</param>
/// <param name="encrypted">Where the records go.</param>
internal sealed class TlsOutput(SslStream stream, PipeWriter encrypted) : PipeWriter
{
    private byte[] _record = [];
    private int _length;
    private long _unflushed;

    /// <inheritdoc/>
    public override bool CanGetUnflushedBytes => true;

    /// <inheritdoc/>
    public override long UnflushedBytes => _unflushed;

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_record.Length - _length < Math.Max(sizeHint, 1))
        {
            Encrypt();
            _record = ArrayPool<byte>.Shared.Rent(Math.Max(sizeHint, TlsTransport.RecordLength));
        }

        return _record.AsMemory(_length);
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <inheritdoc/>
    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, _record.Length - _length);
        _length += bytes;
        _unflushed += bytes;
    }

    /// <inheritdoc/>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        Encrypt();
        _unflushed = 0;
        return encrypted.FlushAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override void CancelPendingFlush() => encrypted.CancelPendingFlush();

    /// <summary>Throws away what was written and not flushed.</summary>
    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => Release();

    private void Encrypt()
    {
        try
        {
            if (_length > 0)
            {
                stream.Write(_record.AsSpan(0, _length));
            }
        }
        finally
        {
            Release();
        }
    }

    private void Release()
    {
        if (_record is not [])
        {
            ArrayPool<byte>.Shared.Return(_record);
        }

        _record = [];
        _length = 0;
    }
}
