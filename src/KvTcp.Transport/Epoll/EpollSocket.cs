using KvTcp.Transport.Linux;
using KvTcp.Transport.Loops;
using KvTcp.Transport.Pipes;
using Microsoft.AspNetCore.Connections;

namespace KvTcp.Transport.Epoll;

/// <summary>
/// The socket of a connection: turns what epoll tells, that it may be tried, into what a connection wants, that it was done. On
/// the loop only.
/// </summary>
/// <remarks>
/// The socket is watched for edges: an event comes only when something changes. So "may be readable" is remembered until a receive
/// finds less than it has room for; for writing nothing has to be remembered, since an edge follows each send that was cut short.
/// </remarks>
internal sealed unsafe class EpollSocket : EpollFile
{
    /// <summary>Watched from accept to close.</summary>
    public const uint WatchedEvents = PollCalls.Readable | PollCalls.Writable | PollCalls.PeerEnded | PollCalls.Edge;

    private const uint EndEvents = PollCalls.PeerEnded | PollCalls.HungUp | PollCalls.Error;
    private const int MostPieces = 16;
    private const int MostDiscards = 16;

    private readonly EventLoop _loop;
    private readonly LoopConnection _connection;
    private bool _isReadable;
    private bool _hasPeerEnded;
    private bool _isReceiving;
    private bool _isSending;
    private bool _isInTurn;

    /// <summary>Makes the socket of a connection.</summary>
    public EpollSocket(EventLoop loop, int file, LoopConnection connection)
    {
        _loop = loop;
        File = file;
        _connection = connection;
    }

    /// <inheritdoc/>
    public override int File { get; }

    /// <summary>
    /// Asks for one receive, into the connection's input. It never happens before this returns: bytes that are there already take
    /// their turn after everybody else's events.
    /// </summary>
    public void Receive()
    {
        _isReceiving = true;
        if (_isReadable && !_isInTurn && !_connection.Life.IsClosed)
        {
            _isInTurn = true;
            _loop.TakeTurn(this);
        }
    }

    /// <summary>Sends as much as the kernel takes.</summary>
    /// <returns>Whether nothing is left, be it that everything is sent or that the connection is lost; if not, the connection hears when to go on.</returns>
    public bool Send(SendQueue queue)
    {
        while (queue.First is Block first)
        {
            nint count = first.Next is null
                ? SocketCalls.Send(File, first.Address + queue.Sent, (nuint)(first.Filled - queue.Sent), SocketCalls.DoNotSignal)
                : SendPieces(first, queue.Sent);
            if (count >= 0)
            {
                queue.Advance((int)count);
                continue;
            }

            int errno = Errno.Last;
            if (errno == Errno.WouldBlock)
            {
                _isSending = true;
                return false;
            }

            if (errno != Errno.Interrupted)
            {
                _connection.Life.OnFailure("send", errno);
                return true;
            }
        }

        _isSending = false;
        return true;
    }

    /// <inheritdoc/>
    public override void OnEvents(uint events)
    {
        if ((events & EndEvents) != 0 && !_hasPeerEnded)
        {
            _hasPeerEnded = true;
            _connection.Life.OnPeerEnded();
        }

        if ((events & (PollCalls.Writable | PollCalls.HungUp | PollCalls.Error)) != 0 && _isSending)
        {
            _connection.Life.OnWritable();
        }

        if ((events & (PollCalls.Readable | EndEvents)) != 0)
        {
            _isReadable = true;
            ReceiveIfWanted();
        }

        _connection.Life.OnEvent();
    }

    /// <summary>The turn that <see cref="Receive"/> has asked for.</summary>
    public void OnTurn()
    {
        _isInTurn = false;
        ReceiveIfWanted();
    }

    /// <summary>Reads away what is there, so that closing does not reset the connection.</summary>
    public void DiscardReceived()
    {
        Block block = _loop.Pool.Rent();
        for (int i = 0; i < MostDiscards && SocketCalls.Receive(File, block.Address, (nuint)block.Capacity, 0) > 0; i++)
        {
        }

        _loop.Pool.Return(block);
    }

    /// <summary>Closes the socket.</summary>
    public void Close()
    {
        _loop.Epoll.Forget(this);
        _ = SocketCalls.Close(File);
    }

    /// <inheritdoc/>
    public override void Fail(Exception reason) =>
        _connection.Life.Abort(reason as ConnectionAbortedException ?? new ConnectionAbortedException(reason.Message, reason));

    private void ReceiveIfWanted()
    {
        if (_isReceiving && _isReadable && !_connection.Life.IsClosed)
        {
            ReceiveOnce();
        }
    }

    private void ReceiveOnce()
    {
        byte* space = _connection.Received.ReceiveSpace(out int room);
        nint count = SocketCalls.Receive(File, space, (nuint)room, 0);
        if (count > 0)
        {
            // Less than there was room for: there is no more, and an event will tell of more. But the end makes no second event.
            _isReadable = count == room || _hasPeerEnded;
            _isReceiving = false;
            _connection.Received.OnReceived((int)count);
            return;
        }

        int errno = count == 0 ? 0 : Errno.Last;
        _connection.Received.NothingReceived();
        switch (errno)
        {
            case 0:
                _isReceiving = false;
                _connection.Life.OnInputEnded();
                break;
            case Errno.WouldBlock:
                _isReadable = false;
                break;
            case Errno.Interrupted:
                Receive();
                break;
            default:
                _isReceiving = false;
                _connection.Life.OnFailure("receive", errno);
                break;
        }
    }

    private nint SendPieces(Block first, int sent)
    {
        SocketCalls.Piece* pieces = stackalloc SocketCalls.Piece[MostPieces];
        int count = 0;
        for (Block? block = first; block is not null && count < MostPieces; block = block.Following)
        {
            pieces[count].Address = block.Address + sent;
            pieces[count].Length = (nuint)(block.Filled - sent);
            count++;
            sent = 0;
        }

        SocketCalls.MessageHeader message = new() { Pieces = pieces, PieceCount = (nuint)count };
        return SocketCalls.SendMessage(File, &message, SocketCalls.DoNotSignal);
    }
}
