using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace KvTcp.Transport.Pipes;

/// <summary>
/// The input of a connection as its handler sees it. The handler may call it from any thread, one at a time, and
/// <see cref="CancelPendingRead"/> at any time; a read that waits completes on the loop.
/// </summary>
/// <remarks>
/// The loop receives only while a read waits, so the received bytes are the loop's while one does and the handler's otherwise, and
/// neither needs a lock.
/// </remarks>
internal sealed class LoopPipeReader : PipeReader, IValueTaskSource<ReadResult>
{
    private readonly LoopConnection _connection;
    private readonly ReceivedBytes _received;
    private ManualResetValueTaskSourceCore<ReadResult> _wait;
    private WaitToken? _waitToken;

    // The handler's.
    private bool _isReading;
    private bool _isCompleted;

    // The loop's.
    private bool _isWaiting;
    private bool _isDiscarding;

    // Written by the loop, read by any thread.
    private volatile bool _hasEnded;
    private volatile Exception? _failure;

    private int _cancelRequests;

    /// <summary>Makes the input of a new connection.</summary>
    public LoopPipeReader(LoopConnection connection)
    {
        _connection = connection;
        _received = new ReceivedBytes(connection.Pool);
    }

    /// <summary>Whether nothing will be received any more.</summary>
    public bool HasEnded => _hasEnded;

    /// <summary>On the loop: whether bytes may be received. A read that is cancelled takes its wish back.</summary>
    public bool IsWanted => (_isWaiting || _isDiscarding) && !_hasEnded;

    /// <summary>Whether a read needs no receive: there are unread bytes, or the end, or a cancellation.</summary>
    private bool IsReady => _received.HasUnexamined || _hasEnded || Volatile.Read(ref _cancelRequests) != 0;

    /// <inheritdoc/>
    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ReadResult>(cancellationToken);
        }

        ThrowIfUnusable();
        bool isOnLoop = _connection.IsOnLoop;
        if (isOnLoop && IsReady)
        {
            return new ValueTask<ReadResult>(Take());
        }

        _isReading = true;
        WaitToken.Start(ref _waitToken, _connection, ConnectionMessages.ReadTokenFired, cancellationToken);
        ValueTask<ReadResult> read = new(this, _wait.Version);
        if (isOnLoop)
        {
            Wait();
        }
        else
        {
            _connection.Post(ConnectionMessages.Read);
        }

        return read;
    }

    /// <summary>Takes what is there. It never receives: only a read that waits does.</summary>
    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        ThrowIfUnusable();
        bool isReady = IsReady;
        result = isReady ? Take() : default;
        return isReady;
    }

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => _received.AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => _received.AdvanceTo(consumed, examined);

    /// <inheritdoc/>
    public override void CancelPendingRead()
    {
        Volatile.Write(ref _cancelRequests, 1);
        _connection.Post(ConnectionMessages.CancelRead);
    }

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null)
    {
        if (_isCompleted)
        {
            return;
        }

        _isCompleted = true;
        _connection.Tell(ConnectionMessages.CompleteInput);
    }

    /// <summary>On the loop: the handler reads on another thread, and waits from now on.</summary>
    public void OnReadRequested()
    {
        Wait();
        if (IsReady)
        {
            CompleteWait();
        }
    }

    /// <summary>On the loop: a cancellation may concern the read that waits.</summary>
    /// <param name="byToken">Whether the read's token has fired.</param>
    public void OnCancelRequested(bool byToken)
    {
        if (!_isWaiting)
        {
            return;
        }

        if (!byToken)
        {
            // A read between the request and now may have answered it.
            if (Volatile.Read(ref _cancelRequests) != 0)
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

    /// <summary>On the loop: where the next bytes are to be received.</summary>
    public unsafe byte* ReceiveSpace(out int room) => _received.ReceiveSpace(out room);

    /// <summary>On the loop: there was nothing to receive.</summary>
    public void NothingReceived() => _received.Park();

    /// <summary>On the loop: bytes were received.</summary>
    public void OnReceived(int count)
    {
        if (_isDiscarding)
        {
            _received.Release();
            _connection.Socket.Receive();
            return;
        }

        _received.Commit(count);
        CompleteWait();
    }

    /// <summary>On the loop: bytes were received into a chain of blocks, which becomes this input's.</summary>
    public void OnReceived(Block first)
    {
        if (_isDiscarding)
        {
            _connection.Pool.ReturnChain(first);
            _connection.Socket.Receive();
            return;
        }

        for (Block? block = first; block is not null;)
        {
            Block? next = block.Unlink();
            _received.Add(block);
            block = next;
        }

        CompleteWait();
    }

    /// <summary>On the loop: the handler reads no more, and what the client goes on sending is received into nowhere.</summary>
    public void OnCompleted()
    {
        _isDiscarding = true;
        _received.Release();
        if (!_hasEnded)
        {
            _connection.Socket.Receive();
        }
    }

    /// <summary>On the loop: nothing will be received any more. A read that waits completes.</summary>
    /// <param name="failure">Why, when the client did not end its side in order.</param>
    public void End(Exception? failure)
    {
        _failure = failure;
        _hasEnded = true;
        CompleteWait();
    }

    /// <inheritdoc/>
    ReadResult IValueTaskSource<ReadResult>.GetResult(short token)
    {
        _isReading = false;
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
    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _wait.GetStatus(token);

    /// <inheritdoc/>
    void IValueTaskSource<ReadResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);

    private void Wait()
    {
        _isWaiting = true;
        _received.Park();
        _connection.Socket.Receive();
    }

    private void CompleteWait()
    {
        if (!_isWaiting)
        {
            return;
        }

        EndWait();
        if (_failure is Exception failure)
        {
            _wait.SetException(failure);
        }
        else
        {
            _wait.SetResult(Take());
        }
    }

    private void EndWait()
    {
        _isWaiting = false;
        _waitToken?.End();
    }

    /// <summary>Takes what <see cref="IsReady"/> says is there.</summary>
    private ReadResult Take()
    {
        bool isCanceled = Volatile.Read(ref _cancelRequests) != 0 && Interlocked.Exchange(ref _cancelRequests, 0) != 0;
        return _failure is Exception failure ? throw failure : new ReadResult(_received.Take(), isCanceled, _hasEnded);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ThrowIfUnusable()
    {
        if (_isReading || _isCompleted)
        {
            ThrowUnusable();
        }
    }

    private void ThrowUnusable() =>
        throw new InvalidOperationException(_isCompleted ? "Reading is not allowed after the reader was completed." : "A read is under way already.");
}
