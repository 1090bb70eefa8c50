using System.Threading.Tasks.Sources;

namespace KvTcp.Client;

/// <summary>A request whose caller awaits a result; the object is the task itself, so that awaiting allocates nothing.</summary>
/// <typeparam name="TResult">The result.</typeparam>
internal abstract class ResultRequest<TResult> : PendingRequest, IValueTaskSource<TResult>
{
    private ManualResetValueTaskSourceCore<TResult> _source;
    private TResult _result = default!;

    /// <summary>The task to return to the caller, to be taken before the request is sent.</summary>
    public ValueTask<TResult> Task => new(this, _source.Version);

    /// <inheritdoc/>
    TResult IValueTaskSource<TResult>.GetResult(short token)
    {
        TResult result = _source.GetResult(token);
        if (IsReusable)
        {
            _source.Reset();
            _result = default!;
            Reset();
            Recycle();
        }

        return result;
    }

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource<TResult>.GetStatus(short token) => _source.GetStatus(token);

    /// <inheritdoc/>
    void IValueTaskSource<TResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    /// <summary>Gives the object to whoever makes the next request of its kind; by default to the garbage collector.</summary>
    protected virtual void Recycle()
    {
    }

    /// <summary>Completes a claimed request.</summary>
    protected void Complete(TResult result)
    {
        _result = result;
        Complete(failure: null);
    }

    /// <inheritdoc/>
    protected sealed override void Publish(Exception? failure)
    {
        if (failure is null)
        {
            _source.SetResult(_result);
        }
        else
        {
            _source.SetException(failure);
        }
    }
}
