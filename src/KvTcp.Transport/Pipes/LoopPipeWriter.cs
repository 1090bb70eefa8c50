using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;

namespace KvTcp.Transport.Pipes;

/// <summary>
/// The output of a connection as its handler sees it. The handler may call it from any thread, one at a time, and
/// <see cref="CancelPendingFlush"/> at any time. A flush sends, or has the loop send when its turn is over; when the kernel does not
/// take everything, it completes on the loop.
/// </summary>
/// <remarks>Each flush hands its blocks over to the loop, so what is written afterwards never shares a block with what is being sent.</remarks>
internal sealed class LoopPipeWriter : PipeWriter
{
    private readonly LoopConnection _connection;
    private readonly SendQueue _unsent;
    private readonly LoopWait<FlushResult> _wait = new();
    private WrittenBytes _written;

    // The handler's.
    private bool _isCompleted;

    // The loop's.
    private volatile bool _isBroken;

    /// <summary>Makes the output of a new connection.</summary>
    public LoopPipeWriter(LoopConnection connection)
    {
        _connection = connection;
        _unsent = connection.Socket.Unsent;
        _written = new WrittenBytes(connection.Pool);
    }

    /// <inheritdoc/>
    public override bool CanGetUnflushedBytes => true;

    /// <inheritdoc/>
    public override long UnflushedBytes => _written.Length;

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        ThrowIfCompleted();
        return _written.Room(sizeHint);
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <inheritdoc/>
    public override void Advance(int bytes) => _written.Commit(bytes);

    /// <summary>Sends what was written. Completes when the kernel has taken it, or all but what <see cref="Loops.LoopSocket.Send"/> lets wait.</summary>
    /// <inheritdoc/>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }

        ThrowIfCompleted();
        if (_wait.IsUnderWay)
        {
            throw new InvalidOperationException("A flush is under way already.");
        }

        bool isOnLoop = _connection.IsOnLoop;
        _written.MoveTo(_unsent, isOnLoop);
        if (isOnLoop && (TrySend() || _wait.IsCancelRequested))
        {
            return new ValueTask<FlushResult>(TakeResult());
        }

        ValueTask<FlushResult> flush = new(_wait, _wait.Start(_connection, ConnectionMessages.FlushTokenFired, cancellationToken));
        if (isOnLoop)
        {
            _wait.Begin();
        }
        else
        {
            _connection.Post(ConnectionMessages.Flush);
        }

        return flush;
    }

    /// <inheritdoc/>
    public override void CancelPendingFlush()
    {
        _wait.RequestCancel();
        _connection.Post(ConnectionMessages.CancelFlush);
    }

    /// <summary>Ends the output: what was written is still sent, unless an exception is given, which resets the connection.</summary>
    /// <inheritdoc/>
    public override void Complete(Exception? exception = null)
    {
        if (_isCompleted)
        {
            return;
        }

        _isCompleted = true;
        _written.MoveTo(_unsent, _connection.IsOnLoop);
        if (exception is not null)
        {
            _connection.AbortFor(exception);
        }

        _connection.Tell(ConnectionMessages.CompleteOutput);
    }

    /// <summary>On the loop: the handler has flushed on another thread, and waits.</summary>
    public void OnFlushRequested()
    {
        _unsent.TakeHandedOver();
        _wait.Begin();
        if (TrySend() || _wait.IsCancelRequested)
        {
            CompleteWait();
        }
    }

    /// <summary>On the loop: the handler has completed the output.</summary>
    public void OnCompleted()
    {
        _unsent.TakeHandedOver();
        TrySend();
    }

    /// <summary>On the loop: bytes were sent that had to wait, and more may be written.</summary>
    public void OnSent() => CompleteWait();

    /// <summary>
    /// On the loop: a cancellation may concern the flush that waits, unless a flush since has answered it. What was flushed is sent all
    /// the same.
    /// </summary>
    public void OnCancelRequested()
    {
        if (_wait.IsCancelRequested)
        {
            CompleteWait();
        }
    }

    /// <summary>On the loop: the token of a flush has fired.</summary>
    public void OnTokenFired() => _wait.EndIfTokenFired();

    /// <summary>On the loop: nothing can be sent any more. A flush that waits completes, and says so.</summary>
    public void Break()
    {
        _isBroken = true;
        CompleteWait();
    }

    /// <summary>Whether the handler may write more. A failure breaks the output before this returns.</summary>
    private bool TrySend() => _isBroken || _unsent.IsEmpty || _connection.Socket.Send();

    private FlushResult TakeResult() => new(_wait.TakeCancelRequest(), _isBroken);

    private void CompleteWait()
    {
        if (_wait.IsWaiting)
        {
            _wait.EndWith(TakeResult());
        }
    }

    private void ThrowIfCompleted()
    {
        if (_isCompleted)
        {
            ThrowCompleted();
        }
    }

    [DoesNotReturn]
    private static void ThrowCompleted() => throw new InvalidOperationException("Writing is not allowed after the writer was completed.");
}
