using System.Net;
using KvTcp.Transport.Linux;
using KvTcp.Transport.Loops;

namespace KvTcp.Transport.Uring;

/// <summary>Has the kernel accept whoever comes, one after the other.</summary>
/// <remarks>
/// An accept that goes on may take a whole backlog in one call. So where descriptors are not plenty, it is begun anew for each
/// connection, which leaves it to <see cref="LoopAcceptor"/> when to pause. It is too where loops share a listening socket: the
/// kernel asks the loop first that has waited the longest, and one that goes on would be that for ever.
/// </remarks>
internal sealed unsafe class UringAcceptor : LoopAcceptor, IUringFile
{
    /// <summary>How many descriptors are plenty.</summary>
    private const int Plenty = 4096;

    private readonly UringEngine _engine;
    private readonly int _lastPlentiful;
    private int _place = -1;
    private int _lastFile = int.MaxValue;
    private bool _isUnderWay;
    private bool _goesOn;
    private bool _isEnding;
    private bool _isCancelled;

    /// <inheritdoc cref="LoopEngine.CreateAcceptor"/>
    public UringAcceptor(
        UringEngine engine, EventLoop loop, int listener, bool isShared, EndPoint? localEndPoint, int highestFile, Action<LoopConnection> accepted)
        : base(loop, listener, isShared, localEndPoint, highestFile, accepted)
    {
        _engine = engine;
        _lastPlentiful = IsShared ? -1 : highestFile - Plenty;
    }

    /// <inheritdoc/>
    public void OnCompletion(UringOperation operation, in Completion completion)
    {
        _isUnderWay = completion.HasMore;
        if (completion.Result >= 0)
        {
            _lastFile = completion.Result;
            IPEndPoint? client = SocketName.OfRemoteSide(_lastFile);
            if (client is null && SocketName.OfLocalSide(_lastFile) is not null)
            {
                // It was reset before it could be asked who it is. Without an address it would be within the limits of none.
                _ = SocketCalls.Close(_lastFile);
            }
            else
            {
                OnAccepted(_lastFile, client);
            }
        }
        else if (completion.Result != -Errno.Canceled)
        {
            OnFailure(-completion.Result);
        }

        if (_isUnderWay)
        {
            if (_goesOn && _lastFile > _lastPlentiful)
            {
                Cancel();
            }
        }
        else if (_place >= 0)
        {
            GoOnOrLeave();
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

    private void Accept()
    {
        Submission* accept = _engine.Prepare(_place, UringOperation.Accept);
        accept->Operation = Submission.Accept;
        accept->File = File;
        accept->OperationFlags = SocketCalls.AcceptFlags;
        _goesOn = _lastFile <= _lastPlentiful;
        if (_goesOn)
        {
            accept->Priority = Submission.AcceptMultishot;
        }

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
