using System.Diagnostics;
using System.Threading.Tasks.Sources;

namespace KvTcp.Transport.Pipes;

/// <summary>
/// A handler's read or flush that waits for its loop, and what ends the wait early: a cancellation, or the token of the call. A pipe
/// has one, since a handler does not read or flush twice at once.
/// </summary>
internal sealed class LoopWait<TResult> : IValueTaskSource<TResult>
{
    private ManualResetValueTaskSourceCore<TResult> _completion;
    private WaitToken? _token;
    private bool _isWaiting;
    private int _cancelRequests;

    /// <summary>The handler's: whether it has not taken the result yet.</summary>
    public bool IsUnderWay { get; private set; }

    /// <summary>On the loop: whether it waits.</summary>
    public bool IsWaiting => _isWaiting;

    /// <summary>Whether the wait, or else the next one, is to end as cancelled. Thread-safe.</summary>
    public bool IsCancelRequested => Volatile.Read(ref _cancelRequests) != 0;

    /// <summary>Has the wait, or else the next one, end as cancelled; the loop has to be told. Thread-safe.</summary>
    public void RequestCancel() => Volatile.Write(ref _cancelRequests, 1);

    /// <summary>Whether a cancellation was requested, which it is no longer then. Thread-safe.</summary>
    public bool TakeCancelRequest() => IsCancelRequested && Interlocked.Exchange(ref _cancelRequests, 0) != 0;

    /// <summary>The handler's: it is going to wait. <see cref="Begin"/> follows on the loop, once the loop is told.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="tokenFired">What tells its loop that the token has fired.</param>
    /// <param name="token">May end the wait.</param>
    /// <returns>What tells the task of this wait from those of others.</returns>
    public short Start(LoopConnection connection, ConnectionMessages tokenFired, CancellationToken token)
    {
        IsUnderWay = true;
        short version = _completion.Version;
        WaitToken.Start(ref _token, connection, tokenFired, token);
        return version;
    }

    /// <summary>On the loop: the handler waits. If the token has fired since <see cref="Start"/>, this is over when it returns.</summary>
    public void Begin()
    {
        _isWaiting = true;

        // The loop may have been told of the token before it was told of the wait.
        EndIfTokenFired();
    }

    /// <summary>On the loop: the token of the wait, or of an earlier one, has fired.</summary>
    public void EndIfTokenFired()
    {
        if (_isWaiting && _token is WaitToken token && token.HasFired(out OperationCanceledException? exception))
        {
            End();
            _completion.SetException(exception);
        }
    }

    /// <summary>On the loop: the wait is over; its handler goes on before this returns.</summary>
    public void EndWith(TResult result)
    {
        End();
        _completion.SetResult(result);
    }

    /// <inheritdoc cref="EndWith(TResult)"/>
    public void EndWith(Exception failure)
    {
        End();
        _completion.SetException(failure);
    }

    /// <inheritdoc/>
    public TResult GetResult(short token)
    {
        IsUnderWay = false;
        try
        {
            return _completion.GetResult(token);
        }
        finally
        {
            _completion.Reset();
        }
    }

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => _completion.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);

    private void End()
    {
        Debug.Assert(_isWaiting);
        _isWaiting = false;
        _token?.End();
    }
}
