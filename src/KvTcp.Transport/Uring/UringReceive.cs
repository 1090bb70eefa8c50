using KvTcp.Transport.Linux;
using KvTcp.Transport.Pipes;

namespace KvTcp.Transport.Uring;

/// <summary>The receives of a connection. On the loop only.</summary>
/// <remarks>
/// A receive under way may bring bytes while nobody reads. It is over when it has brought <see cref="MostBytes"/> or, with what comes
/// at once, a block more, and the next read begins it anew: what a handler does not read stays in the kernel.
/// </remarks>
internal sealed unsafe class UringReceive
{
    /// <summary>
    /// After how many bytes a receive ends. That is some two hundred requests, which share the cost of beginning it anew; and a client
    /// that asks without reading seldom has a block here, beside the one that its handler has.
    /// </summary>
    public const int MostBytes = 8 * 1024;

    private const int NoEnd = -1;

    private readonly UringSocket _socket;
    private ArrivedBytes _arrived;
    private int _end = NoEnd;

    /// <summary>Makes the receives of a connection that is being made.</summary>
    public UringReceive(UringSocket socket) => _socket = socket;

    /// <summary>Whether completions follow.</summary>
    public bool IsUnderWay { get; private set; }

    /// <summary>Whether nothing is under way that would tell of the end of the client.</summary>
    public bool IsIdle => !IsUnderWay && !IsWanted && _end == NoEnd;

    private bool IsWanted => _socket.Connection.Received.IsWanted;

    /// <summary>Begins to receive.</summary>
    public void Begin()
    {
        Fill(_socket.Engine.Prepare(_socket.Place, UringOperation.Receive), _socket.File);
        IsUnderWay = true;
    }

    /// <summary>Makes a submission a receive.</summary>
    /// <param name="receive">The submission.</param>
    /// <param name="file">The socket.</param>
    public static void Fill(Submission* receive, int file)
    {
        receive->Operation = Submission.Receive;
        receive->Flags = Submission.SelectBuffer;
        receive->Priority = Submission.ReceiveMultishot;
        receive->File = file;
        receive->BufferGroup = BufferRing.Group;
        receive->TotalLimit = MostBytes;
    }

    /// <summary>The handler reads, and gets what comes.</summary>
    /// <returns>Whether that is so; if not, something is here already, which it gets in its turn.</returns>
    public bool TryWant()
    {
        if (_socket.Connection.Life.IsClosed)
        {
            return true;
        }

        if (!_arrived.IsEmpty || _end != NoEnd)
        {
            return false;
        }

        if (!IsUnderWay)
        {
            Begin();
        }

        return true;
    }

    /// <summary>The turn of a read, or of something else.</summary>
    public void OnTurn()
    {
        if (IsWanted)
        {
            Deliver();
        }
    }

    /// <summary>A receive has brought something, or nothing.</summary>
    public void OnCompletion(in Completion completion)
    {
        IsUnderWay = completion.HasMore;
        if (completion.Result > 0 && !_socket.Connection.Life.IsClosed)
        {
            _arrived.Add(_socket.Engine.BufferRing, completion);
        }
        else
        {
            if (completion.HasBuffer)
            {
                _socket.Engine.BufferRing.GiveBack(completion);
            }

            if (_socket.Connection.Life.IsClosed)
            {
                return;
            }

            NoteEnd(-completion.Result);
        }

        if (IsWanted && !_socket.GivesWay())
        {
            Deliver();
        }
    }

    /// <summary>Forgets what has arrived.</summary>
    public void Clear() => _socket.Loop.Pool.ReturnChain(_arrived.Take());

    private void NoteEnd(int errno)
    {
        if (errno is Errno.NoBuffers or Errno.Interrupted)
        {
            // Too many receives have completed at once. It is begun again.
            return;
        }

        _end = errno;
        _socket.Connection.Life.OnPeerEnded();
    }

    private void Deliver()
    {
        if (_arrived.Take() is Block first)
        {
            _socket.Connection.Received.OnReceived(first);
        }
        else if (_end != NoEnd)
        {
            if (_end == 0)
            {
                _socket.Connection.Life.OnInputEnded();
            }
            else
            {
                _socket.Connection.Life.OnFailure("receive", _end);
            }
        }
        else if (!IsUnderWay)
        {
            Begin();
        }
    }
}
