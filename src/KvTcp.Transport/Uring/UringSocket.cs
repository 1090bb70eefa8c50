using KvTcp.Transport.Linux;
using KvTcp.Transport.Loops;
using KvTcp.Transport.Pipes;

namespace KvTcp.Transport.Uring;

/// <summary>The socket of a connection, which receives all the time and sends once a turn. On the loop only.</summary>
/// <remarks>
/// What receives and sends cannot tell (that a client has gone whom nobody reads, that the kernel takes bytes again, that all are
/// acknowledged) the socket is watched for, as by epoll, from the first time that it matters.
/// </remarks>
internal sealed unsafe class UringSocket : LoopSocket, IUringFile
{
    private const uint WatchedEvents = PollCalls.Writable | PollCalls.PeerEnded;
    private const uint EndEvents = PollCalls.PeerEnded | PollCalls.HungUp | PollCalls.Error;

    private readonly UringReceive _receive;
    private bool _isSendDue;
    private bool _isBlocked;
    private bool _isWatched;
    private bool _isFileClosed;
    private bool _hasLeft;

    /// <inheritdoc cref="LoopEngine.CreateSocket"/>
    public UringSocket(UringEngine engine, EventLoop loop, int file, LoopConnection connection)
        : base(loop, file, connection)
    {
        Engine = engine;
        _receive = new UringReceive(this);
    }

    /// <summary>Its engine.</summary>
    public UringEngine Engine { get; }

    /// <summary>Where its completions find it.</summary>
    public int Place { get; private set; }

    private bool IsClosed => Connection.Life.IsClosed;

    /// <inheritdoc/>
    public override bool TryStart()
    {
        Place = Engine.Files.Add(this);
        _receive.Begin();
        return true;
    }

    /// <inheritdoc/>
    public override void Receive()
    {
        if (!_receive.TryWant())
        {
            TakeTurn();
        }
    }

    /// <summary>The block to be sent now that the turn is over; null when there is none any more.</summary>
    public Block? TakeDueSend()
    {
        _isSendDue = false;
        return IsClosed || _isBlocked ? null : Unsent.First;
    }

    /// <summary>The send at the end of the turn is over, and what it has sent is <see cref="LoopSocket.Unsent"/> no more.</summary>
    /// <param name="isComplete">Whether that was everything it was to send.</param>
    public void OnSendOver(bool isComplete)
    {
        // If not complete, only the call itself tells whether the kernel will say when to go on.
        if (!IsClosed && !_isBlocked && (isComplete || SendNow() || WaitForRoom()))
        {
            OnSent();
        }
    }

    /// <inheritdoc/>
    public override void WatchAcknowledgement() => Watch();

    /// <summary>Closes here and now, since bytes that arrive between reading and closing make the kernel reset the connection.</summary>
    /// <inheritdoc/>
    public override void DiscardReceived()
    {
        CancelAll();
        Engine.Submit();
        base.DiscardReceived();
        _ = SocketCalls.Close(File);
        _isFileClosed = true;
    }

    /// <inheritdoc/>
    public override void Close()
    {
        if (!_isFileClosed)
        {
            CancelAll();
            Engine.CloseFile(File);
        }

        Unsent.Close();
        _receive.Clear();
        LeaveIfOver();
    }

    /// <inheritdoc/>
    public void OnCompletion(UringOperation operation, in Completion completion)
    {
        if (operation == UringOperation.Receive)
        {
            _receive.OnCompletion(completion);
        }
        else
        {
            _isWatched = completion.HasMore;
            OnWatched(completion.Result < 0 ? PollCalls.Error : (uint)completion.Result);
        }

        if (IsClosed)
        {
            LeaveIfOver();
        }
        else if (_receive.IsIdle || operation == UringOperation.Watch)
        {
            Watch();
        }
    }

    /// <summary>A block is sent at the end of the turn, together with those of other connections; more than that is sent now.</summary>
    /// <inheritdoc/>
    protected override bool TrySend()
    {
        if (_isBlocked)
        {
            return false;
        }

        // When the output is completed, somebody has to hear that everything is sent, which is no event to wait for.
        if (Connection.Life.IsOutputCompleted || Unsent.First is not { Next: null } only || only.Filled > Block.Size)
        {
            return SendNow() || WaitForRoom();
        }

        if (!_isSendDue)
        {
            _isSendDue = true;
            Engine.Sends.Add(this);
        }

        return true;
    }

    /// <inheritdoc/>
    protected override void SendInTurn()
    {
        if (!_isBlocked)
        {
            return;
        }

        _isBlocked = !SendNow();
        if (!_isBlocked)
        {
            OnSent();
        }
    }

    /// <inheritdoc/>
    protected override void ReceiveInTurn()
    {
        _receive.OnTurn();
        if (!IsClosed && _receive.IsIdle)
        {
            Watch();
        }
    }

    /// <summary>Whether what a receive has brought is for a later moment of this turn.</summary>
    public bool GivesWay() => TryGiveWay();

    private void CancelAll()
    {
        if (_receive.IsUnderWay)
        {
            Engine.Cancel(Place, UringOperation.Receive);
        }

        if (_isWatched)
        {
            Engine.Cancel(Place, UringOperation.Watch);
        }
    }

    private bool WaitForRoom()
    {
        _isBlocked = true;
        Watch();
        return false;
    }

    private void Watch()
    {
        if (_isWatched)
        {
            return;
        }

        _isWatched = true;
        Submission* watch = Engine.Prepare(Place, UringOperation.Watch);
        watch->Operation = Submission.Poll;
        watch->File = File;
        watch->OperationFlags = WatchedEvents;
        watch->Length = Submission.PollMultishot;
    }

    private void OnWatched(uint events)
    {
        if (IsClosed)
        {
            return;
        }

        if ((events & EndEvents) != 0)
        {
            Connection.Life.OnPeerEnded();
        }

        if ((_isBlocked && (events & (PollCalls.Writable | PollCalls.HungUp | PollCalls.Error)) != 0) || Connection.Life.IsLingering)
        {
            TakeTurn();
        }
    }

    private void LeaveIfOver()
    {
        if (!_receive.IsUnderWay && !_isWatched && !_hasLeft)
        {
            _hasLeft = true;
            Engine.Files.Remove(Place);
        }
    }
}
