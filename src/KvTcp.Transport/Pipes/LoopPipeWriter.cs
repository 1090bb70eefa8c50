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
    private readonly SendQueue _queue;
    private ManualResetValueTaskSourceCore<FlushResult> _wait;
    private CancellationToken _waitToken;
    private CancellationTokenRegistration _waitRegistration;

    // The handler's.
    private Block? _first;
    private Block? _last;
    private long _unflushed;
    private bool _isFlushing;
    private bool _isCompleted;

    // Handed over from another thread, with a message; guarded by the queue.
    private Block? _handedFirst;
    private Block? _handedLast;

    // The loop's.
    private bool _isWaiting;
    private volatile bool _isBroken;

    private int _cancelRequests;

    /// <summary>Makes the output of a new connection.</summary>
    public LoopPipeWriter(LoopConnection connection)
    {
        _connection = connection;
        _queue = new SendQueue(connection.Pool);
    }

    /// <inheritdoc/>
    public override bool CanGetUnflushedBytes => true;

    /// <inheritdoc/>
    public override long UnflushedBytes => _unflushed;

    private bool HasCancelRequest => Volatile.Read(ref _cancelRequests) != 0;

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0) => BlockFor(sizeHint).Free;

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0) => BlockFor(sizeHint).Free.Span;

    /// <inheritdoc/>
    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        if (bytes > 0)
        {
            if (_last is null || bytes > _last.Room)
            {
                throw new InvalidOperationException("More bytes are announced than there was room for.");
            }

            _last.Filled += bytes;
            _unflushed += bytes;
        }
    }

    /// <summary>Sends what was written. Completes when the kernel has taken it all.</summary>
    /// <inheritdoc/>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }

        if (_isFlushing || _isCompleted)
        {
            throw new InvalidOperationException(_isCompleted ? "Flushing is not allowed after the writer was completed." : "A flush is under way already.");
        }

        bool isOnLoop = HandOver();
        if (isOnLoop && (TrySend() || HasCancelRequest))
        {
            return new ValueTask<FlushResult>(TakeResult());
        }

        _isFlushing = true;
        if (cancellationToken.CanBeCanceled)
        {
            _waitToken = cancellationToken;
            _waitRegistration = cancellationToken.UnsafeRegister(
                static writer => ((LoopPipeWriter)writer!)._connection.Post(ConnectionMessages.FlushTokenFired), this);
        }

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
        HandOver();
        if (exception is not null)
        {
            _connection.AbortFor(exception);
        }

        _connection.Tell(ConnectionMessages.CompleteOutput);
    }

    /// <summary>On the loop: the handler has flushed on another thread, and waits.</summary>
    public void OnFlushRequested()
    {
        TakeHandedOver();
        _isWaiting = true;
        if (TrySend() || HasCancelRequest)
        {
            CompleteWait();
        }
    }

    /// <summary>On the loop: the handler has completed the output.</summary>
    /// <returns>Whether everything is sent.</returns>
    public bool OnCompleted()
    {
        TakeHandedOver();
        return TrySend();
    }

    /// <summary>On the loop: the kernel may take more.</summary>
    /// <returns>Whether everything is sent.</returns>
    public bool OnWritable()
    {
        bool isSent = TrySend();
        if (isSent)
        {
            CompleteWait();
        }

        return isSent;
    }

    /// <summary>On the loop: a cancellation may concern the flush that waits. What was flushed is sent all the same.</summary>
    /// <param name="byToken">Whether the flush's token has fired.</param>
    public void OnCancelRequested(bool byToken)
    {
        if (!_isWaiting)
        {
            return;
        }

        if (byToken && _waitToken.IsCancellationRequested)
        {
            CancellationToken token = _waitToken;
            EndWait();
            _wait.SetException(new OperationCanceledException(token));
        }
        else if (!byToken)
        {
            CompleteWait();
        }
    }

    /// <summary>On the loop: nothing can be sent any more. A flush that waits completes, and says so.</summary>
    public void Break()
    {
        _isBroken = true;
        _queue.Clear();
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

    private Block BlockFor(int sizeHint)
    {
        if (_last is Block last && last.Room >= Math.Max(1, sizeHint))
        {
            return last;
        }

        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        if (_isCompleted)
        {
            throw new InvalidOperationException("Writing is not allowed after the writer was completed.");
        }

        Block next = sizeHint > Block.Size ? new Block(sizeHint) : _connection.Pool.Rent();
        if (_last is null)
        {
            _first = next;
        }
        else
        {
            _last.Link(next);
        }

        _last = next;
        return next;
    }

    /// <summary>Makes what was written the loop's.</summary>
    /// <returns>Whether this is the loop; if not, a message has to follow.</returns>
    private bool HandOver()
    {
        (Block? first, Block? last, long length) = (_first, _last, _unflushed);
        _first = _last = null;
        _unflushed = 0;
        if (length == 0)
        {
            _connection.Pool.ReturnChain(first);
        }

        if (_connection.IsOnLoop)
        {
            if (length > 0)
            {
                _queue.Append(first!, last!);
            }

            return true;
        }

        if (length > 0)
        {
            lock (_queue)
            {
                _handedLast?.Link(first!);
                _handedFirst ??= first;
                _handedLast = last;
            }
        }

        return false;
    }

    private void TakeHandedOver()
    {
        lock (_queue)
        {
            if (_handedFirst is not null)
            {
                _queue.Append(_handedFirst, _handedLast!);
                _handedFirst = _handedLast = null;
            }
        }
    }

    private bool TrySend()
    {
        if (_isBroken)
        {
            _queue.Clear();
        }

        // A failure breaks the output before this returns, and empties the queue.
        return _queue.IsEmpty || _connection.Socket.Send(_queue);
    }

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
        if (_waitToken.CanBeCanceled)
        {
            _waitRegistration.Unregister();
            _waitToken = default;
        }
    }
}
