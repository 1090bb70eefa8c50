using System.Diagnostics;
using KvTcp.Transport.Linux;
using KvTcp.Transport.Loops;
using KvTcp.Transport.Pipes;

namespace KvTcp.Transport.Uring;

/// <summary>The socket of a connection, whose receive goes on by itself and which sends once a turn. On the loop only.</summary>
/// <remarks>
/// A receive under way may bring bytes while nobody reads. It is over when it has brought as many as a block holds, which is at most
/// when a second block is full, and the next read begins it anew. What it cannot tell (that a client has gone whom nobody reads, that the kernel takes bytes again, that all are acknowledged)
/// the socket is watched for, as by epoll, from the first time that it matters.
/// </remarks>
internal sealed unsafe class UringSocket : LoopSocket, IUringFile
{
    private const uint WatchedEvents = PollCalls.Writable | PollCalls.PeerEnded;
    private const uint EndEvents = PollCalls.PeerEnded | PollCalls.HungUp | PollCalls.Error;

    private readonly UringEngine _engine;
    private int _place;

    // Receiving.
    private bool _isReceiving;
    private bool _isReceiveUnderWay;
    private bool _isInTurn;
    private ArrivedBytes _arrived;
    private int? _end;

    // Sending.
    private bool _isSendDue;
    private bool _isBlocked;

    private bool _isWatched;
    private bool _isFileClosed;

    /// <inheritdoc cref="LoopEngine.CreateSocket"/>
    public UringSocket(UringEngine engine, EventLoop loop, int file, LoopConnection connection)
        : base(loop, file, connection) =>
        _engine = engine;

    private bool IsClosed => Connection.Life.IsClosed;

    /// <inheritdoc/>
    public override bool TryStart()
    {
        _place = _engine.Files.Add(this);
        BeginReceive();
        return true;
    }

    /// <inheritdoc/>
    public override void Receive()
    {
        _isReceiving = true;
        if (IsClosed)
        {
            return;
        }

        if (_arrived.IsEmpty && _end is null)
        {
            if (!_isReceiveUnderWay)
            {
                BeginReceive();
            }
        }
        else if (!_isInTurn)
        {
            _isInTurn = true;
            Loop.TakeTurn(this);
        }
    }

    /// <inheritdoc/>
    public override void OnTurn()
    {
        _isInTurn = false;
        if (!IsClosed && _isReceiving)
        {
            Deliver();
        }
    }

    /// <summary>A block is sent at the end of the turn, together with those of other connections; more than that is sent now.</summary>
    /// <inheritdoc/>
    public override bool Send()
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
            _engine.Sends.Add(this);
        }

        return true;
    }

    /// <summary>The block to be sent now that the turn is over; null when there is none any more.</summary>
    public Block? TakeDueSend()
    {
        _isSendDue = false;
        return IsClosed || _isBlocked ? null : Unsent.First;
    }

    /// <summary>The send at the end of the turn is over.</summary>
    /// <param name="count">How many bytes it has sent.</param>
    /// <param name="isComplete">Whether these were all.</param>
    public void OnSendOver(int count, bool isComplete)
    {
        Unsent.Advance(count);

        // If not complete, only the call itself tells whether the kernel will say when to go on.
        if (isComplete || SendNow() || WaitForRoom())
        {
            Connection.Life.OnSent();
        }
    }

    /// <inheritdoc/>
    public override void WatchAcknowledgement() => Watch();

    /// <summary>Closes here and now, since bytes that arrive between reading and closing make the kernel reset the connection.</summary>
    /// <inheritdoc/>
    public override void DiscardReceived()
    {
        CancelAll();
        _engine.Submit();
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
            _engine.CloseFile(File);
        }

        Unsent.Close();
        Loop.Pool.ReturnChain(_arrived.Take());
        LeaveIfOver();
    }

    /// <inheritdoc/>
    public void OnCompletion(UringOperation operation, in Completion completion)
    {
        if (operation == UringOperation.Receive)
        {
            _isReceiveUnderWay = completion.HasMore;
            OnReceiveCompletion(completion);
        }
        else
        {
            _isWatched = completion.HasMore;
            OnWatchCompletion(completion);
        }
    }

    private void CancelAll()
    {
        if (_isReceiveUnderWay)
        {
            _engine.Cancel(_place, UringOperation.Receive);
        }

        if (_isWatched)
        {
            _engine.Cancel(_place, UringOperation.Watch);
        }
    }

    private void BeginReceive()
    {
        Submission* receive = _engine.Prepare(_place, UringOperation.Receive);
        receive->Operation = Submission.Receive;
        receive->Flags = Submission.SelectBuffer;
        receive->File = File;
        receive->BufferGroup = BufferRing.Group;
        if (_engine.CanLimitReceives)
        {
            receive->Priority = Submission.ReceiveMultishot;
            receive->TotalLimit = Block.Size;
        }

        _isReceiveUnderWay = true;
    }

    private void OnReceiveCompletion(in Completion completion)
    {
        if (IsClosed)
        {
            GiveBack(completion);
            LeaveIfOver();
            return;
        }

        if (completion.Result > 0)
        {
            _arrived.Add(_engine.BufferRing, completion);
        }
        else
        {
            GiveBack(completion);
            NoteEnd(-completion.Result);
        }

        if (_isReceiving)
        {
            Deliver();
        }

        if (!_isReceiveUnderWay && !_isReceiving && _end is null && !IsClosed)
        {
            Watch();
        }
    }

    private void GiveBack(in Completion completion)
    {
        if (completion.HasBuffer)
        {
            _engine.BufferRing.GiveBack(completion);
        }
    }

    private void NoteEnd(int errno)
    {
        if (errno is Errno.NoBuffers or Errno.Interrupted)
        {
            // Too many receives have completed at once. It is begun again.
            return;
        }

        if (errno == Errno.Invalid && _engine.CanLimitReceives)
        {
            _engine.CanLimitReceives = false;
            return;
        }

        _end = errno;
        Connection.Life.OnPeerEnded();
    }

    /// <summary>Gives the handler, who reads, what is there; else sees to it that something comes.</summary>
    private void Deliver()
    {
        Debug.Assert(_isReceiving);
        if (_arrived.Take() is Block first)
        {
            _isReceiving = false;
            Connection.Received.OnReceived(first);
        }
        else if (_end is int errno)
        {
            _isReceiving = false;
            if (errno == 0)
            {
                Connection.Life.OnInputEnded();
            }
            else
            {
                Connection.Life.OnFailure("receive", errno);
            }
        }
        else if (!_isReceiveUnderWay)
        {
            BeginReceive();
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
        Submission* watch = _engine.Prepare(_place, UringOperation.Watch);
        watch->Operation = Submission.Poll;
        watch->File = File;
        watch->OperationFlags = WatchedEvents;
        watch->Length = Submission.PollMultishot;
    }

    private void OnWatchCompletion(in Completion completion)
    {
        if (IsClosed)
        {
            LeaveIfOver();
            return;
        }

        uint events = completion.Result < 0 ? PollCalls.Error : (uint)completion.Result;
        if ((events & EndEvents) != 0)
        {
            Connection.Life.OnPeerEnded();
        }

        if (_isBlocked && (events & (PollCalls.Writable | PollCalls.HungUp | PollCalls.Error)) != 0)
        {
            _isBlocked = !SendNow();
            if (!_isBlocked)
            {
                Connection.Life.OnSent();
            }
        }

        Connection.Life.OnEvent();
        if (!IsClosed)
        {
            Watch();
        }
    }

    private void LeaveIfOver()
    {
        if (!_isReceiveUnderWay && !_isWatched)
        {
            _engine.Files.Remove(_place);
        }
    }
}
