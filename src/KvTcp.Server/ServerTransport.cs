using System.Net;
using System.Runtime.Versioning;
using KvTcp.Protocol;
using KvTcp.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace KvTcp.Server;

/// <summary>The transport that a server uses, and why this one. Immutable.</summary>
internal sealed class ServerTransport
{
    private readonly LoopTransportFactory? _loops;

    private ServerTransport(string name, string reason, LoopTransportFactory? loops, int loopCount, IConnectionListenerFactory sockets)
    {
        Name = name;
        LoopCount = loopCount;
        Reason = reason;
        _loops = loops;
        Factory = loops is null ? sockets : new ChosenByEndPoint(loops, sockets);
    }

    /// <summary>What the command line and STATS call it.</summary>
    public string Name { get; }

    /// <summary>How many loops it has; 0 for the sockets, whose threads are .NET's affair.</summary>
    public int LoopCount { get; }

    /// <summary>Why this one, and not another.</summary>
    public string Reason { get; }

    /// <summary>How often loops have polled before sleeping, and how often that found something.</summary>
    public (long Polls, long Hits) BusyPolls => _loops is not null && OperatingSystem.IsLinux() ? _loops.BusyPolls : default;

    /// <summary>The transport for Kestrel.</summary>
    public IConnectionListenerFactory Factory { get; }

    /// <summary>Chooses the transport.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="loggers">Where the transport logs.</param>
    /// <exception cref="PlatformNotSupportedException">epoll is asked for, and this is not Linux.</exception>
    public static ServerTransport Choose(ServerOptions options, ILoggerFactory loggers) => options.Transport switch
    {
        TransportKind.Sockets => Sockets("as asked", loggers),
        TransportKind.Epoll when OperatingSystem.IsLinux() => Loops(LoopEngineKind.Epoll, "as asked", options, loggers),
        TransportKind.Epoll => throw new PlatformNotSupportedException("the epoll transport needs Linux; use --transport auto or sockets"),
        _ => ChooseByProbe(options, loggers),
    };

    /// <summary>The end point by which Kestrel finds this transport.</summary>
    /// <param name="address">The address to listen at.</param>
    /// <param name="isSecured">Whether TLS is spoken there: its handshakes take so long that they would hold up the other connections of a loop.</param>
    public EndPoint EndPointFor(EndPoint address, bool isSecured) => LoopCount > 0 && !isSecured ? new LoopEndPoint(address) : address;

    /// <summary>The transport that is next to io_uring.</summary>
    /// <param name="refusal">Why it is not io_uring.</param>
    /// <param name="options">What is asked for.</param>
    /// <param name="loggers">Where the transport logs.</param>
    public static ServerTransport ChooseNextToIoUring(string refusal, ServerOptions options, ILoggerFactory loggers)
    {
        string reason = $"io_uring cannot be used: {refusal}";
        return OperatingSystem.IsLinux() ? Loops(LoopEngineKind.Epoll, reason, options, loggers) : Sockets(reason, loggers);
    }

    /// <summary>io_uring, or what is next: a system that refuses it is no error, even when it is asked for.</summary>
    private static ServerTransport ChooseByProbe(ServerOptions options, ILoggerFactory loggers)
    {
        bool isAsked = options.Transport == TransportKind.IoUring;
        string? refusal = IoUringProbe.FindRefusal();
        if (OperatingSystem.IsLinux() && refusal is null)
        {
            return Loops(LoopEngineKind.IoUring, isAsked ? "as asked" : "the fastest here", options, loggers);
        }

        ServerTransport next = ChooseNextToIoUring(refusal!, options, loggers);
        if (isAsked)
        {
            ServerLog.IoUringRefused(loggers.CreateLogger<KvServer>(), next.Name, refusal!);
        }

        return next;
    }

    [SupportedOSPlatform("linux")]
    private static ServerTransport Loops(LoopEngineKind engine, string reason, ServerOptions options, ILoggerFactory loggers)
    {
        LoopTransportOptions loopOptions = new()
        {
            Engine = engine,
            Loops = options.Loops,
            BusyPoll = options.BusyPoll,
            CreateBoundListenSocket = ListenSocket.Bind,
        };
        return new ServerTransport(
            engine == LoopEngineKind.IoUring ? "io_uring" : "epoll",
            reason,
            new LoopTransportFactory(loopOptions, loggers),
            options.Loops,
            SocketFactory(loggers));
    }

    private static ServerTransport Sockets(string reason, ILoggerFactory loggers) => new("sockets", reason, loops: null, 0, SocketFactory(loggers));

    private static SocketTransportFactory SocketFactory(ILoggerFactory loggers)
    {
        SocketTransportOptions options = new()
        {
            CreateBoundListenSocket = ListenSocket.Bind,

            // The handler never blocks, so it may run where the bytes arrive; see also InlineSocketCompletions.
            UnsafePreferInlineScheduling = true,

            // What a connection may have received and not yet answered: a line in the making, and as much again.
            MaxReadBufferSize = 2 * LineFraming.MaxRequestLine,
        };
        return new SocketTransportFactory(Options.Create(options), loggers);
    }

    /// <summary>Kestrel takes one transport from who makes it by hand.</summary>
    private sealed class ChosenByEndPoint(LoopTransportFactory loops, IConnectionListenerFactory sockets) : IConnectionListenerFactory
    {
        public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
            OperatingSystem.IsLinux() && loops.CanBind(endpoint)
                ? loops.BindAsync(endpoint, cancellationToken)
                : sockets.BindAsync(endpoint, cancellationToken);
    }
}
