using System.Net;
using KvTcp.Transport;
using Microsoft.AspNetCore.Connections;
using NUnit.Framework;

namespace KvTcp.Tests.Transport;

/// <summary>Runs the tests of a fixture over each engine that the kernel allows; IoUringProbeTests says when one is missing.</summary>
/// <param name="engine">The engine of this run.</param>
[TestFixtureSource(nameof(Engines))]
public abstract class EveryEngine(LoopEngineKind engine)
{
    private static readonly LoopEngineKind[] Engines =
        IoUringProbe.FindRefusal() is null ? [LoopEngineKind.Epoll, LoopEngineKind.IoUring] : [LoopEngineKind.Epoll];

    /// <summary>Options with the engine of this run.</summary>
    protected LoopTransportOptions With(int loops) => new() { Engine = engine, Loops = loops };

    /// <inheritdoc cref="LoopServer.StartAsync"/>
    private protected Task<LoopServer> StartAsync(
        Func<ConnectionContext, Task> handler, EndPoint? address = null, int loops = 1, int? highestFile = null)
    {
        LoopTransportOptions options = With(loops);
        return LoopServer.StartAsync(handler, options with { HighestFile = highestFile ?? options.HighestFile }, address);
    }
}
