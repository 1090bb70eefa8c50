using System.Diagnostics.CodeAnalysis;

namespace KvTcp.Transport.Pipes;

/// <summary>
/// The token that may cancel a read or a flush while it waits. Connections make one when a handler first waits with a token, which most
/// never do. The handler starts it; <see cref="HasFired"/> and <see cref="End"/> are the loop's.
/// </summary>
/// <param name="connection">The connection.</param>
/// <param name="message">What tells its loop that the token has fired.</param>
internal sealed class WaitToken(LoopConnection connection, ConnectionMessages message)
{
    private CancellationToken _token;
    private CancellationTokenRegistration _registration;

    /// <summary>Starts to listen to a token, if it is one that can fire.</summary>
    /// <param name="wait">Where the connection keeps this object.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="message">What tells its loop that the token has fired.</param>
    /// <param name="token">The token.</param>
    public static void Start(ref WaitToken? wait, LoopConnection connection, ConnectionMessages message, CancellationToken token)
    {
        if (token.CanBeCanceled)
        {
            wait ??= new WaitToken(connection, message);
            wait.Register(token);
        }
    }

    /// <summary>Whether it is the token that has fired, and not one of an earlier wait.</summary>
    /// <param name="exception">What the wait is to end with.</param>
    public bool HasFired([NotNullWhen(true)] out OperationCanceledException? exception)
    {
        exception = _token.IsCancellationRequested ? new OperationCanceledException(_token) : null;
        return exception is not null;
    }

    /// <summary>The wait is over.</summary>
    public void End()
    {
        _registration.Unregister();
        _registration = default;
        _token = default;
    }

    private void Register(CancellationToken token)
    {
        _token = token;
        _registration = token.UnsafeRegister(static wait => ((WaitToken)wait!).Tell(), this);
    }

    private void Tell() => connection.Post(message);
}
