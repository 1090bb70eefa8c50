using KvTcp.Transport.Linux;
using KvTcp.Transport.Pipes;

namespace KvTcp.Transport.Loops;

/// <summary>
/// The socket of a connection: does what the connection wants of the kernel, and tells the connection, through
/// <see cref="LoopConnection.Received"/> and <see cref="LoopConnection.Life"/>, what was done. On the loop only.
/// </summary>
internal abstract class LoopSocket : ILoopWork
{
    /// <summary>How often a newcomer waits for its turn before it counts as one of those who come and stay.</summary>
    public const int NewcomerTurns = 16;

    private const int MostDiscards = 16;
    private const int MostPieces = 16;

    // Of two bytes, since every connection has one; that it is mistaken for a later turn with its number costs that turn only.
    private ushort _turnOfSend;
    private byte _newcomerTurns;
    private bool _isInTurn;
    private bool _isHeld;

    /// <summary>Makes the socket of a connection that is being made.</summary>
    protected LoopSocket(EventLoop loop, int file, LoopConnection connection)
    {
        Loop = loop;
        File = file;
        Connection = connection;
        Unsent = new SendQueue(loop.Pool);
    }

    /// <summary>The descriptor.</summary>
    public int File { get; }

    /// <summary>What is to be sent. It may grow at any time; what is in it stays where it is until it is sent.</summary>
    public SendQueue Unsent { get; }

    /// <summary>Its loop.</summary>
    public EventLoop Loop { get; }

    /// <summary>Its connection.</summary>
    public LoopConnection Connection { get; }

    private bool IsNewcomer => _newcomerTurns < NewcomerTurns;

    /// <summary>Begins to hear of the socket.</summary>
    /// <returns>Whether the system allows it; if not, errno tells why, and the descriptor is the caller's again.</returns>
    public abstract bool TryStart();

    /// <summary>
    /// Tells that the connection's input wants bytes. It gets none before this returns, those that are there already take their turn,
    /// see <see cref="TakeTurn"/>; and none unless it still wants them then, see <see cref="LoopPipeReader.IsWanted"/>.
    /// </summary>
    public abstract void Receive();

    /// <summary>Sends what is unsent, or sees to it that it is sent in this turn of the loop.</summary>
    /// <remarks>Who sends a second time in a turn has a lot to send, and goes on when everybody's events are dealt with.</remarks>
    /// <returns>
    /// Whether the handler may write more now: nothing is left, or little, or the connection is lost; and it is the first time in this turn. If
    /// not, and whenever the last bytes are sent later, <see cref="ConnectionLife.OnSent"/> follows.
    /// </returns>
    public bool Send()
    {
        // A flush that was held back may have been cancelled since; what it waited for is not this one's.
        _isHeld = false;
        if (!TrySend())
        {
            return false;
        }

        if (_turnOfSend == Loop.Turn && !Connection.Life.IsClosed)
        {
            _isHeld = true;
            TakeTurn();
            return false;
        }

        _turnOfSend = Loop.Turn;
        return true;
    }

    /// <summary>
    /// Our side has ended, and the client has not acknowledged everything: <see cref="ConnectionLife.OnAcknowledged"/> is to follow when it has.
    /// </summary>
    public abstract void WatchAcknowledgement();

    /// <summary>The turn that <see cref="TakeTurn"/> has asked for.</summary>
    public void Run()
    {
        _isInTurn = false;
        if (_isHeld)
        {
            _isHeld = false;
            Connection.Life.OnSent();
        }

        if (!Connection.Life.IsClosed)
        {
            SendInTurn();
        }

        if (!Connection.Life.IsClosed)
        {
            ReceiveInTurn();
        }

        Connection.Life.OnAcknowledged();
    }

    /// <summary>Closes the socket. What is unsent is forgotten as soon as the kernel has no use for it.</summary>
    public abstract void Close();

    /// <summary>Ends the connection, since the loop ends or since it has met a bug.</summary>
    public void Fail(Exception reason) => Connection.Life.Fail(reason);

    /// <summary>Reads away what is there, so that closing does not reset the connection; <see cref="Close"/> follows at once.</summary>
    public virtual unsafe void DiscardReceived()
    {
        Block block = Loop.Pool.Rent();
        for (int i = 0; i < MostDiscards && SocketCalls.Receive(File, block.Address, (nuint)block.Capacity, SocketCalls.DoNotWait) > 0; i++)
        {
        }

        Loop.Pool.Return(block);
    }

    /// <summary>Sends, or sees to it.</summary>
    /// <returns>Whether nothing is left, or little, or the connection is lost.</returns>
    protected abstract bool TrySend();

    /// <summary>
    /// Bytes were sent that had to wait: all of them, or so many that the handler may write more. While it is held back it does so in its turn.
    /// </summary>
    protected void OnSent()
    {
        if (!_isHeld)
        {
            Connection.Life.OnSent();
        }
    }

    /// <summary>The turn of a socket that may have more room to send, if it waits for that; it may be one that something else has asked for.</summary>
    protected abstract void SendInTurn();

    /// <summary>The turn that was asked for by <see cref="Receive"/>; it may be one that something else has asked for.</summary>
    protected abstract void ReceiveInTurn();

    /// <summary>
    /// Lets those go first that have been here for longer: who comes, asks a little, and goes costs more than any request of theirs, and a
    /// crowd of such comes at once.
    /// </summary>
    /// <returns>Whether the socket waits for its turn to receive.</returns>
    protected bool TryGiveWay()
    {
        if (!IsNewcomer || !Loop.HasRoomForNewcomer)
        {
            return false;
        }

        TakeTurn();
        _newcomerTurns++;
        return true;
    }

    /// <summary>Asks for a turn of its own, when everybody's events are dealt with.</summary>
    protected void TakeTurn()
    {
        if (!_isInTurn)
        {
            _isInTurn = true;
            if (IsNewcomer)
            {
                Loop.AddNewcomer(this);
            }
            else
            {
                Loop.Add(this);
            }
        }
    }

    /// <summary>Sends as much as the kernel takes at once.</summary>
    /// <returns>Whether nothing is left, or the connection is lost; if not, an edge of writability follows.</returns>
    protected unsafe bool SendNow()
    {
        while (Unsent.First is Block first)
        {
            nint count = first.Next is null
                ? SocketCalls.Send(File, first.Address + Unsent.Sent, (nuint)(first.Filled - Unsent.Sent), SocketCalls.DoNotSignal)
                : SendPieces(first, Unsent.Sent);
            if (count >= 0)
            {
                Unsent.Advance((int)count);
                continue;
            }

            int errno = Errno.Last;
            if (errno == Errno.WouldBlock)
            {
                return false;
            }

            if (errno != Errno.Interrupted)
            {
                Connection.Life.OnFailure("send", errno);
                return true;
            }
        }

        return true;
    }

    private unsafe nint SendPieces(Block first, int sent)
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
