namespace KvTcp.Transport;

/// <summary>The token that tells of a connection's end. Connections make one only when somebody asks for it. Thread-safe.</summary>
/// <param name="source">Cancels it.</param>
internal sealed class ClosedToken(CancellationTokenSource source)
{
    /// <summary>The token. Middleware may put another in its place.</summary>
    public CancellationToken Token { get; set; } = source.Token;

    /// <summary>Cancels the token, on the thread pool: what runs then is not the loop's business.</summary>
    public void Fire() =>
        ThreadPool.UnsafeQueueUserWorkItem(static source => source.Cancel(), source, preferLocal: false);

    /// <summary>Cancels the token, for somebody who asks when the connection has ended.</summary>
    public void FireNow() => source.Cancel();
}
