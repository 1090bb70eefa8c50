using System.Net.Sockets;
using KvTcp.Transport.Linux;
using KvTcp.Transport.Loops;
using KvTcp.Transport.Pipes;
using Microsoft.AspNetCore.Connections;

namespace KvTcp.Transport;

/// <summary>
/// What becomes of a connection: both sides may end, the last replies are delivered, it is closed. On the loop only, apart from
/// <see cref="ClosedToken"/>.
/// </summary>
/// <remarks>
/// Completing a read or a flush runs the handler before it returns, and the handler may end the connection. So whatever is called
/// here, <see cref="IsClosed"/> may have become true afterwards.
/// </remarks>
internal sealed class ConnectionLife : ILoopTimer
{
    /// <summary>How long a client may take to acknowledge the last replies before the kernel is left alone with them.</summary>
    private const int LingerMilliseconds = 1000;

    private readonly LoopConnection _connection;
    private TaskCompletionSource? _disposal;
    private ClosedToken? _closedToken;
    private bool _hasFiredClosed;
    private bool _isLingering;

    /// <summary>Begins the life of an accepted connection.</summary>
    public ConnectionLife(LoopConnection connection) => _connection = connection;

    /// <summary>Fires when the client has ended its side, or anything has ended the connection. Thread-safe.</summary>
    public ClosedToken ClosedToken => Volatile.Read(ref _closedToken) ?? MakeClosedToken();

    /// <summary>Whether the socket is closed.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Whether the handler writes no more.</summary>
    public bool IsOutputCompleted { get; private set; }

    private LoopSocket Socket => _connection.Socket;

    private LoopPipeReader Input => _connection.Received;

    private LoopPipeWriter Output => _connection.Written;

    /// <summary>The client has ended its side.</summary>
    public void OnPeerEnded() => FireClosed();

    /// <summary>Everything that the client has sent is received, and it has ended its side.</summary>
    public void OnInputEnded()
    {
        FireClosed();
        Input.End(failure: null);
        if (_isLingering)
        {
            Close(failure: null);
        }
    }

    /// <summary>Bytes were sent that had to wait: all of them, or so many that the handler may write more.</summary>
    public void OnSent()
    {
        Output.OnSent();
        EndSendingIfDone();
    }

    /// <summary>The handler writes no more.</summary>
    public void OnOutputCompleted()
    {
        IsOutputCompleted = true;
        Output.OnCompleted();
        EndSendingIfDone();
    }

    /// <summary>Whether only the client's acknowledgement is waited for.</summary>
    public bool IsLingering => _isLingering && !IsClosed;

    /// <summary>Something has changed at the socket since it lingers.</summary>
    public void OnAcknowledged()
    {
        if (IsLingering && SocketCalls.Unacknowledged(Socket.File) == 0)
        {
            Finish();
        }
    }

    /// <summary>The time for the last replies is over.</summary>
    public void OnTime()
    {
        if (!IsClosed)
        {
            Finish();
        }
    }

    /// <summary>A call on the socket has failed.</summary>
    /// <param name="operation">What was tried.</param>
    /// <param name="errno">The error.</param>
    public void OnFailure(string operation, int errno)
    {
        SocketException cause = new((int)Errno.SocketErrorOf(errno), Errno.Text(errno));
        if (!Errno.IsLoss(errno))
        {
            Socket.Loop.ReportUnexpected(operation, errno);
        }

        Close(new ConnectionResetException($"The connection was lost: {cause.Message}", cause));
    }

    /// <summary>Resets the connection.</summary>
    public void Abort(ConnectionAbortedException reason)
    {
        if (!IsClosed)
        {
            SocketCalls.ResetOnClose(Socket.File);
            Close(reason);
        }
    }

    /// <summary>Resets the connection, since the loop ends or since it has met a bug.</summary>
    public void Fail(Exception reason) => Abort(reason as ConnectionAbortedException ?? new ConnectionAbortedException(reason.Message, reason));

    /// <summary>Completes a task when the connection is closed.</summary>
    public void TellWhenClosed(TaskCompletionSource disposal)
    {
        _disposal = disposal;
        if (IsClosed)
        {
            disposal.TrySetResult();
        }
    }

    /// <summary>Ends our side when everything is sent, and waits for the client to have it, unless it has ended its own.</summary>
    private void EndSendingIfDone()
    {
        if (!IsOutputCompleted || !Socket.Unsent.IsEmpty || _isLingering || IsClosed)
        {
            return;
        }

        if (Input.HasEnded)
        {
            // This ends our side too, and there is nothing left that the kernel would reset the connection for.
            Close(failure: null);
            return;
        }

        _isLingering = true;
        _ = SocketCalls.Shutdown(Socket.File, SocketCalls.ShutdownSend);
        Socket.Loop.Schedule(this, LingerMilliseconds);
        OnAcknowledged();
        if (!IsClosed)
        {
            Socket.WatchAcknowledgement();
        }
    }

    /// <summary>Closes in order. Bytes that are left unread would make the kernel reset the connection, so they are read.</summary>
    private void Finish()
    {
        Socket.DiscardReceived();
        Close(failure: null);
    }

    private void FireClosed()
    {
        if (!_hasFiredClosed)
        {
            // Full fences here and below: either this sees the token, or who makes it sees that it is to fire.
            _hasFiredClosed = true;
            Interlocked.MemoryBarrier();
            _closedToken?.Fire();
        }
    }

    private ClosedToken MakeClosedToken()
    {
        ClosedToken made = new(new CancellationTokenSource());
        ClosedToken token = Interlocked.CompareExchange(ref _closedToken, made, null) ?? made;
        if (Volatile.Read(ref _hasFiredClosed))
        {
            token.FireNow();
        }

        return token;
    }

    private void Close(Exception? failure)
    {
        if (IsClosed)
        {
            return;
        }

        IsClosed = true;
        Socket.Close();
        FireClosed();
        Output.Break();
        if (!Input.HasEnded)
        {
            Input.End(failure);
        }

        _disposal?.TrySetResult();
    }
}
