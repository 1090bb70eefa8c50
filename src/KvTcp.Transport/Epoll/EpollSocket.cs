using KvTcp.Transport.Linux;
using KvTcp.Transport.Loops;

namespace KvTcp.Transport.Epoll;

/// <summary>
/// The socket of a connection: turns what epoll tells, that it may be tried, into what a connection wants, that it was done. On
/// the loop only.
/// </summary>
/// <remarks>
/// The socket is watched for edges: an event comes only when something changes. So "may be readable" is remembered until a receive
/// finds less than it has room for; for writing nothing has to be remembered, since an edge follows each send that was cut short.
/// </remarks>
internal sealed unsafe class EpollSocket : LoopSocket, IEpollFile
{
    /// <summary>Watched from accept to close.</summary>
    private const uint WatchedEvents = PollCalls.Readable | PollCalls.Writable | PollCalls.PeerEnded | PollCalls.Edge;

    private const uint EndEvents = PollCalls.PeerEnded | PollCalls.HungUp | PollCalls.Error;

    private readonly EpollEngine _engine;
    private bool _isReadable;
    private bool _hasPeerEnded;
    private bool _isSending;

    /// <inheritdoc cref="LoopEngine.CreateSocket"/>
    public EpollSocket(EpollEngine engine, EventLoop loop, int file, LoopConnection connection)
        : base(loop, file, connection) =>
        _engine = engine;

    /// <inheritdoc/>
    public uint Generation { get; set; }

    /// <inheritdoc/>
    public override bool TryStart() => _engine.TryAdd(this, WatchedEvents);

    /// <inheritdoc/>
    public override void Receive()
    {
        if (_isReadable && !Connection.Life.IsClosed)
        {
            TakeTurn();
        }
    }

    /// <summary>An event follows in any case.</summary>
    /// <inheritdoc/>
    public override void WatchAcknowledgement()
    {
    }

    /// <inheritdoc/>
    public void OnEvents(uint events)
    {
        if ((events & EndEvents) != 0 && !_hasPeerEnded)
        {
            _hasPeerEnded = true;
            Connection.Life.OnPeerEnded();
        }

        if (((events & (PollCalls.Writable | PollCalls.HungUp | PollCalls.Error)) != 0 && _isSending) || Connection.Life.IsLingering)
        {
            TakeTurn();
        }

        if ((events & (PollCalls.Readable | EndEvents)) != 0)
        {
            _isReadable = true;
            if (!TryGiveWay())
            {
                ReceiveIfWanted();
            }
        }
    }

    /// <inheritdoc/>
    public override void Close()
    {
        _engine.Forget(this);
        _ = SocketCalls.Close(File);
        Unsent.Close();
    }

    /// <summary>Sends as much as the kernel takes; for the rest, an event follows.</summary>
    /// <inheritdoc/>
    protected override bool TrySend()
    {
        _isSending = !SendNow();
        return !_isSending;
    }

    /// <inheritdoc/>
    protected override void SendInTurn()
    {
        if (_isSending && TrySend())
        {
            OnSent();
        }
    }

    /// <inheritdoc/>
    protected override void ReceiveInTurn() => ReceiveIfWanted();

    private void ReceiveIfWanted()
    {
        if (_isReadable && Connection.Received.IsWanted && !Connection.Life.IsClosed)
        {
            ReceiveOnce();
        }
    }

    private void ReceiveOnce()
    {
        byte* space = Connection.Received.ReceiveSpace(out int room);
        nint count = SocketCalls.Receive(File, space, (nuint)room, 0);
        if (count > 0)
        {
            // Less than there was room for: there is no more, and an event will tell of more. But the end makes no second event.
            _isReadable = count == room || _hasPeerEnded;
            Connection.Received.OnReceived((int)count);
            return;
        }

        int errno = count == 0 ? 0 : Errno.Last;
        Connection.Received.NothingReceived();
        switch (errno)
        {
            case 0:
                Connection.Life.OnInputEnded();
                break;
            case Errno.WouldBlock:
                _isReadable = false;
                break;
            case Errno.Interrupted:
                Receive();
                break;
            default:
                Connection.Life.OnFailure("receive", errno);
                break;
        }
    }
}
