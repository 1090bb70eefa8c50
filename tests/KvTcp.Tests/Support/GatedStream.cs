using System.Threading.Channels;

namespace KvTcp.Tests.Support;

/// <summary>The two directions of a connection, each of which goes on when a test says so.</summary>
internal sealed class GatedStream : Stream
{
    private readonly Channel<byte[]> _received = Channel.CreateUnbounded<byte[]>();
    private readonly SemaphoreSlim _writes = new(0);
    private readonly TaskCompletionSource _write = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public bool IsDisposed { get; private set; }

    /// <summary>Lets something arrive.</summary>
    /// <param name="text">It; nothing for the end.</param>
    public void Receive(string text) => _received.Writer.TryWrite(ByteText.Bytes(text));

    /// <summary>Waits until something is being written. It goes on with <see cref="FailWrites"/>, or when the stream is disposed.</summary>
    public async Task WaitForWriteAsync()
    {
        using CancellationTokenSource limit = new(Patience.Limit);
        await _writes.WaitAsync(limit.Token);
    }

    /// <summary>Fails what is being written, and all that follows.</summary>
    public void FailWrites(Exception failure) => _write.TrySetException(failure);

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        byte[] part = await _received.Reader.ReadAsync(cancellationToken);
        part.CopyTo(buffer);
        return part.Length;
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _writes.Release();
        await _write.Task;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        IsDisposed = true;
        FailWrites(new ObjectDisposedException(nameof(GatedStream)));
        _received.Writer.TryComplete();
        base.Dispose(disposing);
    }
}
