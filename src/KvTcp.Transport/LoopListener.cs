using System.Net;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using KvTcp.Transport.Loops;
using Microsoft.AspNetCore.Connections;

namespace KvTcp.Transport;

/// <summary>Hands the connections that the loops accept at one end point to Kestrel. Thread-safe.</summary>
internal sealed class LoopListener : IConnectionListener
{
    private readonly Channel<ConnectionContext> _connections = Channel.CreateUnbounded<ConnectionContext>(
        new UnboundedChannelOptions { SingleReader = true, AllowSynchronousContinuations = true });

    private readonly LoopGroup _group;
    private readonly ListenSockets _sockets;
    private readonly LoopAcceptor[] _acceptors;
    private Task? _unbound;
    private Task? _disposed;

    /// <summary>Begins to accept.</summary>
    /// <param name="group">Where the loops are from; it gets them back.</param>
    /// <param name="loops">The loops.</param>
    /// <param name="sockets">The sockets, which become this listener's.</param>
    /// <param name="highestFile">The highest descriptor that a connection may have.</param>
    public LoopListener(LoopGroup group, IReadOnlyList<EventLoop> loops, ListenSockets sockets, int highestFile)
    {
        _group = group;
        _sockets = sockets;
        EndPoint = sockets.EndPoint;
        EndPoint? everyConnections = EndPoint is IPEndPoint ip && (ip.Address.Equals(IPAddress.Any) || ip.Address.Equals(IPAddress.IPv6Any))
            ? null
            : EndPoint;
        _acceptors =
        [
            .. loops.Select((loop, i) => loop.Engine.CreateAcceptor(
                sockets.FileFor(i), sockets.AreShared, everyConnections, highestFile, connection => _connections.Writer.TryWrite(connection))),
        ];
        Array.ForEach(_acceptors, static acceptor => acceptor.Start());
    }

    /// <inheritdoc/>
    public EndPoint EndPoint { get; }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _connections.Reader.WaitToReadAsync(cancellationToken))
        {
            if (_connections.Reader.TryRead(out ConnectionContext? connection))
            {
                return connection;
            }
        }

        return null;
    }

    /// <summary>Ends accepting. It takes a few turns of each loop, so it is not cancelled.</summary>
    /// <inheritdoc/>
    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        lock (_sockets)
        {
            _unbound ??= StopAcceptingAsync();
        }

        await _unbound;
    }

    /// <summary>Ends accepting and, if no other end point is left, the loops. Connections that are left are aborted then.</summary>
    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lock (_sockets)
        {
            _disposed ??= EndAsync();
        }

        await _disposed;
    }

    private async Task StopAcceptingAsync()
    {
        await Task.WhenAll(_acceptors.Select(static acceptor => acceptor.StopAsync()));
        _sockets.Dispose();
        _connections.Writer.Complete();
    }

    private async Task EndAsync()
    {
        await UnbindAsync();
        await _group.ReleaseAsync();
    }
}
