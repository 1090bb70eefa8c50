using System.Net;
using KvTcp.Transport.Linux;
using KvTcp.Transport.Loops;

namespace KvTcp.Transport.Epoll;

/// <summary>Accepts when epoll tells that somebody waits at a listening socket.</summary>
internal sealed unsafe class EpollAcceptor : LoopAcceptor, IEpollFile
{
    private readonly EpollEngine _engine;

    /// <inheritdoc cref="LoopEngine.CreateAcceptor"/>
    public EpollAcceptor(
        EpollEngine engine, EventLoop loop, int listener, bool isShared, EndPoint? localEndPoint, int highestFile, Action<LoopConnection> accepted)
        : base(loop, listener, isShared, localEndPoint, highestFile, accepted) =>
        _engine = engine;

    /// <inheritdoc/>
    public uint Generation { get; set; }

    /// <inheritdoc/>
    public void OnEvents(uint events) => TakeTurn();

    /// <summary>Accepts one connection; for the next one another event follows.</summary>
    /// <inheritdoc/>
    protected override void AcceptInTurn()
    {
        if (!IsAccepting)
        {
            return;
        }

        byte* address = stackalloc byte[SocketName.MaxLength];
        int length = SocketName.MaxLength;
        int file = SocketCalls.Accept(File, address, &length);
        if (file >= 0)
        {
            OnAccepted(file, SocketName.Read(new ReadOnlySpan<byte>(address, length)));
        }
        else if (Errno.Last is int errno && errno != Errno.WouldBlock)
        {
            OnFailure(errno);
        }
    }

    /// <summary>A shared socket is watched by all loops; one of them is enough for each connection.</summary>
    /// <inheritdoc/>
    protected override bool TryBeginAccepting() => _engine.TryAdd(this, PollCalls.Readable | PollCalls.Exclusive);

    /// <summary>The socket stays readable while clients wait, so it is not watched further.</summary>
    /// <inheritdoc/>
    protected override void EndAccepting()
    {
        _engine.Remove(this);
        OnEndedAccepting();
    }
}
