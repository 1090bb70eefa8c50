using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace KvTcp.Transport.Pipes;

/// <summary>
/// The input of a connection as its handler sees it. The handler may call it from any thread, one at a time, and
/// <see cref="CancelPendingRead"/> at any time; a read that waits completes on the loop.
/// </summary>
/// <remarks>
/// The loop adds received bytes only while a read waits, so they are the loop's while one does and the handler's otherwise, and
/// neither needs a lock. What an engine receives before, it keeps to itself.
/// <para>
/// A read on another thread waits from when it is awaited, and it must be. So whoever awaits it goes on on the loop, unless that has ended, and what
/// it does from then on needs no messages: Kestrel starts handlers on threads of the pool, and the bytes of those who ask once and go are there by then.
/// </para>
/// </remarks>
internal sealed class LoopPipeReader : PipeReader, IValueTaskSource<ReadResult>
{
    private readonly LoopConnection _connection;
    private readonly LoopWait<ReadResult> _wait = new();
    private ReceivedBytes _received;

    // The handler's.
    private bool _isCompleted;

    // The loop's.
    private bool _isDiscarding;

    // Written by the loop, read by any thread.
    private volatile bool _hasEnded;
    private volatile Exception? _failure;

    /// <summary>Makes the input of a new connection.</summary>
    public LoopPipeReader(LoopConnection connection)
    {
        _connection = connection;
        _received = new ReceivedBytes(connection.Pool);
    }

    /// <summary>Whether nothing will be received any more.</summary>
    public bool HasEnded => _hasEnded;

    /// <summary>On the loop: whether bytes may be received. A read that is cancelled takes its wish back.</summary>
    public bool IsWanted => (_wait.IsWaiting || _isDiscarding) && !_hasEnded;

    /// <summary>Whether a read needs no receive: there are unread bytes, or the end, or a cancellation.</summary>
    private bool IsReady => _received.HasUnexamined || _hasEnded || _wait.IsCancelRequested;

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

        short version = _wait.Start(_connection, ConnectionMessages.ReadTokenFired, cancellationToken);
        if (!isOnLoop)
        {
            return new ValueTask<ReadResult>(this, version);
        }

        Wait();
        return new ValueTask<ReadResult>(_wait, version);
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
        _wait.RequestCancel();
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

    /// <summary>The source of a read on another thread.</summary>
    ReadResult IValueTaskSource<ReadResult>.GetResult(short token) => _wait.GetResult(token);

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _wait.GetStatus(token);

    /// <summary>A read on another thread is awaited: only when it is known who goes on, the loop may complete it.</summary>
    void IValueTaskSource<ReadResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        _wait.OnCompleted(continuation, state, token, flags);
        _connection.Post(ConnectionMessages.Read);
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

    /// <summary>On the loop: a cancellation may concern the read that waits, unless a read since has answered it.</summary>
    public void OnCancelRequested()
    {
        if (_wait.IsCancelRequested)
        {
            CompleteWait();
        }
    }

    /// <summary>On the loop: the token of a read has fired.</summary>
    public void OnTokenFired() => _wait.EndIfTokenFired();

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

    /// <summary>On the loop: the handler has completed the input, reads no more, and what the client goes on sending is received into nowhere.</summary>
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

    private void Wait()
    {
        _received.Park();
        _connection.Socket.Receive();
        _wait.Begin();
    }

    private void CompleteWait()
    {
        if (!_wait.IsWaiting)
        {
            return;
        }

        if (_failure is Exception failure)
        {
            _wait.EndWith(failure);
        }
        else
        {
            _wait.EndWith(Take());
        }
    }

    /// <summary>Takes what <see cref="IsReady"/> says is there.</summary>
    private ReadResult Take()
    {
        bool isCanceled = _wait.TakeCancelRequest();
        return _failure is Exception failure ? throw failure : new ReadResult(_received.Take(), isCanceled, _hasEnded);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ThrowIfUnusable()
    {
        if (_wait.IsUnderWay || _isCompleted)
        {
            ThrowUnusable();
        }
    }

    private void ThrowUnusable() =>
        throw new InvalidOperationException(_isCompleted ? "Reading is not allowed after the reader was completed." : "A read is under way already.");
}
