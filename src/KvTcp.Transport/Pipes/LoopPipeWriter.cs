using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace KvTcp.Transport.Pipes;

/// <summary>
/// The output of a connection as its handler sees it. The handler may call it from any thread, one at a time, and
/// <see cref="CancelPendingFlush"/> at any time. A flush sends; when the kernel does not take everything, it completes on the loop.
/// </summary>
/// <remarks>Each flush hands its blocks over to the loop, so what is written afterwards never shares a block with what is being sent.</remarks>
internal sealed class LoopPipeWriter : PipeWriter, IValueTaskSource<FlushResult>
{
    private readonly LoopConnection _connection;
    private readonly SendQueue _unsent;
    private readonly WrittenBytes _written;
    private ManualResetValueTaskSourceCore<FlushResult> _wait;
    private WaitToken? _waitToken;

    // The handler's.
    private bool _isFlushing;
    private bool _isCompleted;

    // The loop's.
    private bool _isWaiting;
    private volatile bool _isBroken;

    private int _cancelRequests;

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

    private bool HasCancelRequest => Volatile.Read(ref _cancelRequests) != 0;

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

    /// <summary>Sends what was written. Completes when the kernel has taken it all.</summary>
    /// <inheritdoc/>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }

        ThrowIfCompleted();
        if (_isFlushing)
        {
            throw new InvalidOperationException("A flush is under way already.");
        }

        bool isOnLoop = _connection.IsOnLoop;
        _written.MoveTo(_unsent, isOnLoop);
        if (isOnLoop && (TrySend() || HasCancelRequest))
        {
            return new ValueTask<FlushResult>(TakeResult());
        }

        _isFlushing = true;
        WaitToken.Start(ref _waitToken, _connection, ConnectionMessages.FlushTokenFired, cancellationToken);
        ValueTask<FlushResult> flush = new(this, _wait.Version);
        if (isOnLoop)
        {
            _isWaiting = true;
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
        Volatile.Write(ref _cancelRequests, 1);
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
        _isWaiting = true;
        if (TrySend() || HasCancelRequest)
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

    /// <summary>On the loop: a cancellation may concern the flush that waits. What was flushed is sent all the same.</summary>
    /// <param name="byToken">Whether the flush's token has fired.</param>
    public void OnCancelRequested(bool byToken)
    {
        if (!_isWaiting)
        {
            return;
        }

        if (!byToken)
        {
            // A flush between the request and now may have answered it.
            if (HasCancelRequest)
            {
                CompleteWait();
            }
        }
        else if (_waitToken!.HasFired(out OperationCanceledException? exception))
        {
            EndWait();
            _wait.SetException(exception);
        }
    }

    /// <summary>On the loop: nothing can be sent any more. A flush that waits completes, and says so.</summary>
    public void Break()
    {
        _isBroken = true;
        CompleteWait();
    }

    /// <inheritdoc/>
    FlushResult IValueTaskSource<FlushResult>.GetResult(short token)
    {
        _isFlushing = false;
        try
        {
            return _wait.GetResult(token);
        }
        finally
        {
            _wait.Reset();
        }
    }

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _wait.GetStatus(token);

    /// <inheritdoc/>
    void IValueTaskSource<FlushResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);

    /// <summary>Whether the handler may write more. A failure breaks the output before this returns.</summary>
    private bool TrySend() => _isBroken || _unsent.IsEmpty || _connection.Socket.Send();

    private FlushResult TakeResult()
    {
        bool isCanceled = HasCancelRequest && Interlocked.Exchange(ref _cancelRequests, 0) != 0;
        return new FlushResult(isCanceled, _isBroken);
    }

    private void CompleteWait()
    {
        if (_isWaiting)
        {
            EndWait();
            _wait.SetResult(TakeResult());
        }
    }

    private void EndWait()
    {
        _isWaiting = false;
        _waitToken?.End();
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
