using System.Net;
using KvTcp.Transport.Linux;
using KvTcp.Transport.Loops;

namespace KvTcp.Transport.Epoll;

/// <summary>Accepts connections for one loop. On the loop only, apart from <see cref="Start"/> and <see cref="StopAsync"/>.</summary>
internal sealed unsafe class EpollAcceptor : EpollFile, ILoopWork, ILoopTimer
{
    /// <summary>How many connections one turn accepts at most.</summary>
    private const int MostInTurn = 64;

    /// <summary>How long to leave the clients in the backlog when files or memory have run out.</summary>
    private const int PauseMilliseconds = 50;

    private readonly EventLoop _loop;
    private readonly EndPoint? _localEndPoint;
    private readonly int _highestFile;
    private readonly Action<LoopConnection> _accepted;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isStopping;
    private bool _isWatched;

    /// <summary>Prepares to accept.</summary>
    /// <param name="loop">The loop.</param>
    /// <param name="listener">The descriptor of a listening socket.</param>
    /// <param name="localEndPoint">This side of every connection; null when each has to be asked for it.</param>
    /// <param name="highestFile">The highest descriptor that a connection may have.</param>
    /// <param name="accepted">Is called on the loop with each connection.</param>
    public EpollAcceptor(EventLoop loop, int listener, EndPoint? localEndPoint, int highestFile, Action<LoopConnection> accepted)
    {
        _loop = loop;
        File = listener;
        _localEndPoint = localEndPoint;
        _highestFile = highestFile;
        _accepted = accepted;
    }

    /// <inheritdoc/>
    public override int File { get; }

    /// <summary>Begins to accept.</summary>
    public void Start() => _loop.TryPost(this);

    /// <summary>Ends accepting; the socket may be closed afterwards.</summary>
    public Task StopAsync()
    {
        _isStopping = true;
        return _loop.TryPost(this) ? _stopped.Task : Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Run()
    {
        if (!_isStopping)
        {
            Watch();
            return;
        }

        if (_isWatched)
        {
            _loop.Epoll.Remove(this);
            _isWatched = false;
        }

        _stopped.TrySetResult();
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
            Watch();
        }
    }

    /// <inheritdoc/>
    public override void OnEvents(uint events)
    {
        byte* address = stackalloc byte[SocketName.MaxLength];
        for (int i = 0; i < MostInTurn && !_isStopping; i++)
        {
            int length = SocketName.MaxLength;
            int file = SocketCalls.Accept(File, address, &length);
            if (file >= 0)
            {
                Take(file, SocketName.Read(new ReadOnlySpan<byte>(address, length)));
                if (file >= _highestFile)
                {
                    Pause("accept", Errno.TooManyFiles);
                    return;
                }

                continue;
            }

            int errno = Errno.Last;
            if (errno == Errno.WouldBlock)
            {
                return;
            }

            if (!Errno.IsLossOfOne(errno))
            {
                Pause("accept", errno);
                return;
            }
        }
    }

    /// <inheritdoc/>
    public override void Fail(Exception reason)
    {
        _isStopping = true;
        Run();
    }

    private void Take(int file, IPEndPoint? remoteEndPoint)
    {
        LoopConnection connection = new(_loop, file, _localEndPoint ?? SocketName.OfLocalSide(file), remoteEndPoint);
        if (_loop.Epoll.TryAdd(connection.Socket, EpollSocket.WatchedEvents))
        {
            _accepted(connection);
            return;
        }

        _loop.ReportUnexpected("epoll_ctl", Errno.Last);
        _ = SocketCalls.Close(file);
    }

    private void Watch()
    {
        // A Unix socket is watched by all loops; one of them is enough for each connection.
        _isWatched = _loop.Epoll.TryAdd(this, PollCalls.Readable | PollCalls.Exclusive);
        if (!_isWatched)
        {
            Pause("epoll_ctl", Errno.Last);
        }
    }

    /// <summary>The socket stays readable, so watching it further would be to spin.</summary>
    private void Pause(string operation, int errno)
    {
        _loop.ReportUnexpected(operation, errno);
        if (_isWatched)
        {
            _loop.Epoll.Remove(this);
            _isWatched = false;
        }

        _loop.Schedule(this, PauseMilliseconds);
    }
}
