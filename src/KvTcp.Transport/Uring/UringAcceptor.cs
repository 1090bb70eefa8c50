using System.Net;
using KvTcp.Transport.Linux;
using KvTcp.Transport.Loops;

namespace KvTcp.Transport.Uring;

/// <summary>Has the kernel accept one connection, and the next one when those who have come before have had their turns.</summary>
/// <remarks>
/// An accept that goes on by itself (multishot) may take a whole backlog in one call. Those that are there would wait for all of these,
/// descriptors might run out, and where loops share a listening socket one would get all connections: the kernel asks the loop first that
/// has waited the longest.
/// </remarks>
internal sealed unsafe class UringAcceptor : LoopAcceptor, IUringFile
{
    private readonly UringEngine _engine;
    private int _place = -1;
    private bool _isUnderWay;
    private bool _isEnding;
    private bool _isCancelled;

    /// <inheritdoc cref="LoopEngine.CreateAcceptor"/>
    public UringAcceptor(
        UringEngine engine, EventLoop loop, int listener, bool isShared, EndPoint? localEndPoint, int highestFile, Action<LoopConnection> accepted)
        : base(loop, listener, isShared, localEndPoint, highestFile, accepted) =>
        _engine = engine;

    /// <inheritdoc/>
    public void OnCompletion(UringOperation operation, in Completion completion)
    {
        _isUnderWay = false;
        if (completion.Result >= 0)
        {
            OnAccepted(completion.Result);
        }
        else if (completion.Result != -Errno.Canceled)
        {
            OnFailure(-completion.Result);
        }

        if (_isEnding)
        {
            AcceptInTurn();
        }
        else
        {
            TakeTurn();
        }
    }

    /// <inheritdoc/>
    protected override bool TryBeginAccepting()
    {
        _isEnding = false;
        _place = _engine.Files.Add(this);
        Accept();
        return true;
    }

    /// <inheritdoc/>
    protected override void EndAccepting()
    {
        _isEnding = true;
        if (_isUnderWay && !_engine.IsLost)
        {
            Cancel();
        }
        else
        {
            GoOnOrLeave();
        }
    }

    /// <inheritdoc/>
    protected override void AcceptInTurn()
    {
        if (!_isUnderWay && _place >= 0)
        {
            GoOnOrLeave();
        }
    }

    private void OnAccepted(int file)
    {
        IPEndPoint? client = SocketName.OfRemoteSide(file);
        if (client is null && SocketName.OfLocalSide(file) is not null)
        {
            // It was reset before it could be asked who it is. Without an address it would be within the limits of none.
            _ = SocketCalls.Close(file);
        }
        else
        {
            OnAccepted(file, client);
        }
    }

    private void Accept()
    {
        Submission* accept = _engine.Prepare(_place, UringOperation.Accept);
        accept->Operation = Submission.Accept;
        accept->File = File;
        accept->OperationFlags = SocketCalls.AcceptFlags;
        _isUnderWay = true;
        _isCancelled = false;
    }

    private void Cancel()
    {
        if (!_isCancelled)
        {
            _isCancelled = true;
            _engine.Cancel(_place, UringOperation.Accept);
        }
    }

    private void GoOnOrLeave()
    {
        if (!_isEnding)
        {
            Accept();
            return;
        }

        _engine.Files.Remove(_place);
        _place = -1;
        OnEndedAccepting();
    }
}
