using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace KvTcp.Server;

/// <summary>A pair of pipes as the stream that <see cref="System.Net.Security.SslStream"/> encrypts. One reader and one writer at a time.</summary>
/// <param name="pipes">The pipes, which outlive the stream.</param>
internal sealed class DuplexPipeStream(IDuplexPipe pipes) : Stream
{
    /// <summary>
    /// Whether what is done with received bytes is done on the thread pool. On the thread that has received them every other connection of
    /// an event loop would wait for it.
    /// </summary>
    public bool LeavesThread { get; set; }

    /// <summary>Whether anything has been received.</summary>
    public bool HasReceived { get; private set; }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException">Somebody has ended the wait by <see cref="PipeReader.CancelPendingRead"/>.</exception>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ValueTask<ReadResult> read = pipes.Input.ReadAsync(cancellationToken);
        if (LeavesThread || !read.IsCompletedSuccessfully)
        {
            return ReadAsync(read, buffer);
        }

#pragma warning disable VSTHRD002, VSTHRD103 // It has completed.
        return new ValueTask<int>(Take(read.Result, buffer.Span));
#pragma warning restore VSTHRD002, VSTHRD103
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Writes, and does not flush: that is for whoever writes to the pipe.</summary>
    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer) => pipes.Output.Write(buffer);

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <summary>Writes what the stream has to say of itself, and flushes.</summary>
    /// <inheritdoc/>
    /// <exception cref="IOException">The client has gone.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        FlushResult written = await pipes.Output.WriteAsync(buffer, cancellationToken);
        if (written.IsCompleted)
        {
            throw new IOException("The client has closed the connection.");
        }
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Nothing here may block.");

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadAsync(ValueTask<ReadResult> read, Memory<byte> buffer)
    {
        int count = Take(await read, buffer.Span);
        if (LeavesThread)
        {
            await Task.Yield();
        }

        return count;
    }

    private int Take(ReadResult read, Span<byte> buffer)
    {
        ReadOnlySequence<byte> received = read.Buffer;
        if (read.IsCanceled && received.IsEmpty)
        {
            pipes.Input.AdvanceTo(received.Start);
            throw new OperationCanceledException("The wait for bytes was ended.");
        }

        if (read.IsCanceled)
        {
            // What came before is read first: the next read is cancelled instead.
            pipes.Input.CancelPendingRead();
        }

        HasReceived |= !received.IsEmpty;
        int count = (int)Math.Min(received.Length, buffer.Length);
        received = received.Slice(0, count);
        received.CopyTo(buffer);
        pipes.Input.AdvanceTo(received.End);
        return count;
    }
}
