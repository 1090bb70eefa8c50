namespace KvTcp.Transport;

/// <summary>The token that tells of a connection's end, made only for those who ask. Thread-safe.</summary>
internal sealed class ClosedToken
{
    private CancellationTokenSource? _source;
    private CancellationToken? _replacement;
    private volatile bool _hasFired;

    /// <summary>The token. Middleware may put another in its place.</summary>
    public CancellationToken Token
    {
        get => _replacement ?? Source().Token;
        set => _replacement = value;
    }

    /// <summary>Cancels the token, on the thread pool: what runs then is not the loop's business.</summary>
    public void Fire()
    {
        if (_hasFired)
        {
            return;
        }

        _hasFired = true;
        Interlocked.MemoryBarrier();
        if (_source is not null)
        {
            CancelLater(_source);
        }
    }

    private CancellationTokenSource Source()
    {
        if (_source is null && Interlocked.CompareExchange(ref _source, new CancellationTokenSource(), null) is null && _hasFired)
        {
            // It fired without seeing this source.
            _source.Cancel();
        }

        return _source;
    }

    private static void CancelLater(CancellationTokenSource source) =>
        ThreadPool.UnsafeQueueUserWorkItem(static source => source.Cancel(), source, preferLocal: false);
}
