using System.Net;
using System.Net.Sockets;
using KvTcp.Transport.Linux;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace KvTcp.Transport;

/// <summary>How a <see cref="LoopTransportFactory"/> works. Immutable.</summary>
public sealed record LoopTransportOptions
{
    /// <summary>What the loops wait with. Where the system refuses it, binding fails with a <see cref="LoopEngineException"/>. Default: <see cref="LoopEngineKind.Epoll"/>.</summary>
    public LoopEngineKind Engine { get; init; } = LoopEngineKind.Epoll;

    /// <summary>How many loops, one thread each; 1 or more. They serve all end points of the factory together. Default: one for each processor.</summary>
    public int Loops { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// How long a loop without events looks for more before it sleeps, up to <see cref="LongestBusyPoll"/>; zero sleeps at once. It
    /// answers sooner and uses a processor meanwhile. A loop does so only while events come about that soon, so an idle one does not.
    /// Default: zero.
    /// </summary>
    public TimeSpan BusyPoll { get; init; }

    /// <summary>The most that <see cref="BusyPoll"/> may be: 1 ms, many times what a sleep costs.</summary>
    public static TimeSpan LongestBusyPoll { get; } = TimeSpan.FromMilliseconds(1);

    /// <summary>How many connections may wait to be accepted, per end point and loop; the system may allow fewer. Default: 512.</summary>
    public int Backlog { get; init; } = 512;

    /// <summary>
    /// Binds a socket to an address, without listening. What it throws, binding throws.
    /// For an IP address the transport binds further sockets beside it, one for each loop, unless it listens already: then the loops share it.
    /// Default: <see cref="SocketTransportOptions.CreateDefaultBoundListenSocket"/>.
    /// </summary>
    public Func<EndPoint, Socket> CreateBoundListenSocket { get; init; } = SocketTransportOptions.CreateDefaultBoundListenSocket;

    /// <summary>The highest descriptor of a connection; a loop whose connections come that far stops accepting until others are free.</summary>
    internal int HighestFile { get; init; } = FileLimit.HighestForConnections();
}
