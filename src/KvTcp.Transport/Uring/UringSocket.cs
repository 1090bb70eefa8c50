using System.Diagnostics;
using KvTcp.Transport.Linux;
using KvTcp.Transport.Loops;
using KvTcp.Transport.Pipes;

namespace KvTcp.Transport.Uring;

/// <summary>The socket of a connection, whose receive goes on by itself and which sends once a turn. On the loop only.</summary>
/// <remarks>
/// A receive under way may bring bytes while nobody reads, at most a block of them: then it is over, and the next read begins it
/// anew. What it cannot tell (that a client has gone whom nobody reads, that the kernel takes bytes again, that all are acknowledged)
/// the socket is watched for, as by epoll, from the first time that it matters.
/// </remarks>
internal sealed unsafe class UringSocket : LoopSocket, IUringFile
{
    private const uint WatchedEvents = PollCalls.Writable | PollCalls.PeerEnded;
    private const uint EndEvents = PollCalls.PeerEnded | PollCalls.HungUp | PollCalls.Error;

    /// <summary>A send that cannot take everything at once ends, and tells how far it came.</summary>
    private const uint SendFlags = SocketCalls.DoNotSignal | SocketCalls.DoNotWait | SocketCalls.WaitForAll;

    private readonly UringEngine _engine;
    private int _place;

    // Receiving.
    private bool _isReceiving;
    private bool _isReceiveUnderWay;
    private bool _isInTurn;
    private Block? _arrived;
    private int? _end;

    // Sending.
    private bool _isSendDue;
    private bool _isBlocked;
    private int _sendLength;
    private int _sendResult;

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
        _place = _engine.Add(this);
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

        if (_arrived is null && _end is null)
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
            _engine.SendLater(this);
        }

        return true;
    }

    /// <summary>Puts the send of this turn into the ring; <see cref="SettleSend"/> follows.</summary>
    public void PrepareSend()
    {
        _isSendDue = false;
        if (IsClosed || _isBlocked || Unsent.First is not Block first)
        {
            return;
        }

        _sendLength = _sendResult = first.Filled - Unsent.Sent;
        Submission* send = _engine.Prepare(_place, UringOperation.Send);
        send->Operation = Submission.Send;
        send->Flags = Submission.SkipSuccess;
        send->File = File;
        send->Address = (ulong)(first.Address + Unsent.Sent);
        send->Length = (uint)_sendLength;
        send->OperationFlags = SendFlags;
    }

    /// <summary>The send has not sent everything.</summary>
    public void NoteSend(int result) => _sendResult = result;

    /// <summary>The send is over.</summary>
    public void SettleSend()
    {
        if (_sendLength == 0)
        {
            return;
        }

        bool isComplete = _sendResult == _sendLength;
        _sendLength = 0;
        Unsent.Advance(Math.Max(0, _sendResult));

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
        Loop.Pool.ReturnChain(_arrived);
        _arrived = null;
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
            TakeIn(completion);
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

    private void TakeIn(in Completion completion)
    {
        if (_arrived is null)
        {
            _arrived = _engine.BufferRing.Take(completion);
            return;
        }

        // A block for each packet of a byte would be much; the limit of a receive is that they fit into one.
        _engine.BufferRing.Peek(completion).CopyTo(_arrived.Free.Span);
        _arrived.Filled += completion.Result;
        GiveBack(completion);
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
        if (_arrived is Block block)
        {
            _isReceiving = false;
            _arrived = null;
            Connection.Received.OnReceived(block);
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
            _engine.Remove(_place);
        }
    }
}
