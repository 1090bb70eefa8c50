using KvTcp.Server;
using KvTcp.Tests.Support;
using KvTcp.Transport;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>Runs the tests of a fixture over each transport that the kernel allows; IoUringProbeTests says when one is missing.</summary>
/// <param name="transport">The transport of this run.</param>
[TestFixtureSource(nameof(Transports))]
public abstract class EveryTransport(TransportKind transport)
{
    private static readonly TransportKind[] Transports =
        IoUringProbe.FindRefusal() is null
            ? [TransportKind.Sockets, TransportKind.Epoll, TransportKind.IoUring]
            : [TransportKind.Sockets, TransportKind.Epoll];

    /// <summary>More than one loop, whatever the machine, so that connections of a test are on different ones.</summary>
    private const int Loops = 2;

    /// <summary>What the command line calls the transport.</summary>
    protected string TransportName { get; } = transport == TransportKind.IoUring ? "io_uring" : transport.ToString().ToLowerInvariant();

    /// <summary>Options with the transport of this run.</summary>
    /// <param name="options">The others.</param>
    protected ServerOptions With(ServerOptions? options = null) =>
        (options ?? new ServerOptions()) with { Transport = transport, Loops = Loops };

    private protected Task<RunningServer> StartAsync(ServerOptions? options = null, TestDataset? data = null, params string[] listen) =>
        RunningServer.StartAsync(With(options), data, listen);
}
