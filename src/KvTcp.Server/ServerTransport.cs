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
    private ServerTransport(string name, int loopCount, string reason, IConnectionListenerFactory factory)
    {
        Name = name;
        LoopCount = loopCount;
        Reason = reason;
        Factory = factory;
    }

    /// <summary>What the command line and STATS call it.</summary>
    public string Name { get; }

    /// <summary>How many loops it has; 0 for the sockets, whose threads are .NET's affair.</summary>
    public int LoopCount { get; }

    /// <summary>Why this one, and not another.</summary>
    public string Reason { get; }

    /// <summary>How often loops have polled before sleeping, and how often that found something.</summary>
    public (long Polls, long Hits) BusyPolls => Factory is LoopTransportFactory loops && OperatingSystem.IsLinux() ? loops.BusyPolls : default;

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

    /// <summary>The end point that this transport binds.</summary>
    /// <param name="address">The address to listen at.</param>
    public EndPoint EndPointFor(EndPoint address) => LoopCount > 0 ? new LoopEndPoint(address) : address;

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
            engine == LoopEngineKind.IoUring ? "io_uring" : "epoll", options.Loops, reason, new LoopTransportFactory(loopOptions, loggers));
    }

    /// <summary>Has .NET's sockets accept only while files are left for others, on systems where they can be counted.</summary>
    /// <param name="sockets">The transport.</param>
    /// <param name="loggers">Hears when there are none left.</param>
    public static IConnectionListenerFactory SparingFiles(SocketTransportFactory sockets, ILoggerFactory loggers) =>
        OperatingSystem.IsLinux() ? new FileSparingFactory(sockets, loggers) : sockets;

    private static ServerTransport Sockets(string reason, ILoggerFactory loggers)
    {
        SocketTransportOptions options = new()
        {
            CreateBoundListenSocket = ListenSocket.Bind,

            // The handler never blocks, so it may run where the bytes arrive; see also InlineSocketCompletions.
            UnsafePreferInlineScheduling = true,

            // What a connection may have received and not yet answered: a line in the making, and as much again.
            MaxReadBufferSize = 2 * LineFraming.MaxRequestLine,
        };
        SocketTransportFactory factory = new(Options.Create(options), loggers);
        return new ServerTransport("sockets", 0, reason, SparingFiles(factory, loggers));
    }
}
