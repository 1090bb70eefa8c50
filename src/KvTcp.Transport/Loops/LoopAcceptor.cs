using System.Net;
using KvTcp.Transport.Linux;

namespace KvTcp.Transport.Loops;

/// <summary>Accepts connections for one loop. On the loop only, apart from <see cref="Start"/> and <see cref="StopAsync"/>.</summary>
internal abstract class LoopAcceptor : ILoopWork, ILoopTimer
{
    /// <summary>How long to leave the clients in the backlog when files or memory have run out.</summary>
    private const int PauseMilliseconds = 50;

    private readonly EndPoint? _localEndPoint;
    private readonly int _highestFile;
    private readonly Action<LoopConnection> _accepted;
    private readonly AcceptTurn _turn;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isStopping;
    private bool _isInTurn;

    /// <summary>Prepares to accept, see <see cref="LoopEngine.CreateAcceptor"/>.</summary>
    protected LoopAcceptor(EventLoop loop, int listener, bool isShared, EndPoint? localEndPoint, int highestFile, Action<LoopConnection> accepted)
    {
        Loop = loop;
        File = listener;
        IsShared = isShared;
        _localEndPoint = localEndPoint;
        _highestFile = highestFile;
        _accepted = accepted;
        _turn = new AcceptTurn(this);
    }

    /// <summary>The descriptor of the listening socket.</summary>
    public int File { get; }

    /// <summary>Its loop.</summary>
    protected EventLoop Loop { get; }

    /// <summary>Whether it accepts: from <see cref="TryBeginAccepting"/> to <see cref="OnEndedAccepting"/>.</summary>
    protected bool IsAccepting { get; private set; }

    /// <summary>Whether other loops accept at the same socket, see <see cref="ListenSockets"/>.</summary>
    protected bool IsShared { get; }

    /// <summary>Begins to accept.</summary>
    public void Start() => Loop.TryPost(this);

    /// <summary>Ends accepting; the listening socket may be closed afterwards.</summary>
    public Task StopAsync()
    {
        _isStopping = true;
        return Loop.TryPost(this) ? _stopped.Task : Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Run()
    {
        if (!_isStopping)
        {
            Begin();
        }
        else if (IsAccepting)
        {
            EndAccepting();
        }
        else
        {
            _stopped.TrySetResult();
        }
    }

    /// <inheritdoc/>
    public void OnTime()
    {
        if (_isStopping)
        {
            return;
        }

        if (FileLimit.LowestFree(File) is int free && (free < 0 || free >= _highestFile))
        {
            Pause("accept", Errno.TooManyFiles);
        }
        else
        {
            Begin();
        }
    }

    /// <summary>Ends accepting. Where each loop has a listening socket, the kernel leaves further clients to the other loops.</summary>
    /// <inheritdoc/>
    public void Fail(Exception reason)
    {
        _ = reason;
        _isStopping = true;
        if (!IsShared)
        {
            _ = SocketCalls.Shutdown(File, SocketCalls.ShutdownReceive);
        }

        Run();
    }

    /// <summary>Begins to accept, until <see cref="EndAccepting"/>.</summary>
    /// <returns>Whether the system allows it; if not, errno tells why.</returns>
    protected abstract bool TryBeginAccepting();

    /// <summary>Accepts no more. <see cref="OnEndedAccepting"/> follows, now or later; until then it may be called again.</summary>
    protected abstract void EndAccepting();

    /// <summary>Accepts one connection, or has the kernel do it. Accepting may have ended since <see cref="TakeTurn"/>.</summary>
    protected abstract void AcceptInTurn();

    /// <summary>Has <see cref="AcceptInTurn"/> follow when those who have come before have had their turns.</summary>
    protected void TakeTurn()
    {
        if (!_isInTurn)
        {
            _isInTurn = true;
            Loop.AddNewcomer(_turn);
        }
    }

    /// <summary>Nothing is accepted any more until <see cref="TryBeginAccepting"/>, which follows unless the acceptor stops.</summary>
    protected void OnEndedAccepting()
    {
        IsAccepting = false;
        if (_isStopping)
        {
            _stopped.TrySetResult();
        }
        else
        {
            Loop.Schedule(this, PauseMilliseconds);
        }
    }

    /// <summary>A connection was accepted.</summary>
    /// <param name="file">Its descriptor.</param>
    /// <param name="remoteEndPoint">The client; null where clients have no address.</param>
    protected void OnAccepted(int file, IPEndPoint? remoteEndPoint)
    {
        LoopConnection connection = new(Loop, file, _localEndPoint ?? SocketName.OfLocalSide(file), remoteEndPoint);
        if (connection.Socket.TryStart())
        {
            _accepted(connection);
        }
        else
        {
            Loop.ReportUnexpected("watching a connection", Errno.Last);
            _ = SocketCalls.Close(file);
        }

        if (file >= _highestFile)
        {
            Pause("accept", Errno.TooManyFiles);
        }
    }

    /// <summary>Accepting has failed: it goes on if only one client is lost, and else pauses.</summary>
    protected void OnFailure(int errno)
    {
        if (!Errno.IsLossOfOne(errno))
        {
            Pause("accept", errno);
        }
    }

    private void Begin()
    {
        IsAccepting = TryBeginAccepting();
        if (!IsAccepting)
        {
            Pause("watching a listener", Errno.Last);
        }
    }

    /// <summary>Clients stay in the backlog meanwhile; to try again at once would be to spin.</summary>
    private void Pause(string operation, int errno)
    {
        Loop.ReportUnexpected(operation, errno);
        if (IsAccepting)
        {
            EndAccepting();
        }
        else
        {
            Loop.Schedule(this, PauseMilliseconds);
        }
    }

    /// <summary>A place among the newcomers; the acceptor itself is what its loop does to begin or to stop.</summary>
    private sealed class AcceptTurn(LoopAcceptor acceptor) : ILoopWork
    {
        public void Run()
        {
            acceptor._isInTurn = false;
            acceptor.AcceptInTurn();
        }

        public void Fail(Exception reason) => acceptor.Fail(reason);
    }
}
