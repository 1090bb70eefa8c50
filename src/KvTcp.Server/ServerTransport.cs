using System.Net;
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
    private ServerTransport(string name, int loops, string reason, IConnectionListenerFactory factory)
    {
        Name = name;
        Loops = loops;
        Reason = reason;
        Factory = factory;
    }

    /// <summary>What the command line and STATS call it.</summary>
    public string Name { get; }

    /// <summary>How many loops it has; 0 for the sockets, whose threads are .NET's affair.</summary>
    public int Loops { get; }

    /// <summary>Why this one, for the log.</summary>
    public string Reason { get; }

    /// <summary>How often loops have polled before sleeping, and how often that found something.</summary>
    public (long Polls, long Hits) BusyPolls => Factory is LoopTransportFactory loops && OperatingSystem.IsLinux() ? loops.BusyPolls : default;

    /// <summary>The transport for Kestrel.</summary>
    public IConnectionListenerFactory Factory { get; }

    /// <summary>Chooses the transport.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="loggers">Where the transport logs.</param>
    /// <exception cref="PlatformNotSupportedException">It is asked for by name, and this system does not have it.</exception>
    public static ServerTransport Choose(ServerOptions options, ILoggerFactory loggers)
    {
        bool isAsked = options.Transport != TransportKind.Auto;
        if (options.Transport == TransportKind.Sockets)
        {
            return Sockets("as asked", loggers);
        }

        if (OperatingSystem.IsLinux())
        {
            LoopTransportOptions loopOptions = new()
            {
                Loops = options.Loops,
                BusyPoll = options.BusyPoll,
                CreateBoundListenSocket = ListenSocket.Bind,
            };
            return new ServerTransport(
                "epoll", options.Loops, isAsked ? "as asked" : "the fastest here", new LoopTransportFactory(loopOptions, loggers));
        }

        return isAsked
            ? throw new PlatformNotSupportedException("the epoll transport needs Linux; use --transport auto or sockets")
            : Sockets("epoll needs Linux", loggers);
    }

    /// <summary>The end point by which Kestrel finds this transport.</summary>
    /// <param name="address">The address to listen at.</param>
    public EndPoint EndPointFor(EndPoint address) => Loops > 0 ? new LoopEndPoint(address) : address;

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
        return new ServerTransport("sockets", 0, reason, new SocketTransportFactory(Options.Create(options), loggers));
    }
}
