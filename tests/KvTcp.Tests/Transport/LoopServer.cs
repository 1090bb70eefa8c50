using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using KvTcp.Tests.Support;
using KvTcp.Transport;
using Microsoft.AspNetCore.Connections;

namespace KvTcp.Tests.Transport;

/// <summary>The transport with a handler for its connections, without Kestrel.</summary>
internal sealed class LoopServer : IAsyncDisposable
{
    private readonly IConnectionListener _listener;
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly ConcurrentQueue<Exception> _failures = [];
    private readonly Task _accepting;

    private LoopServer(IConnectionListener listener, Func<ConnectionContext, Task> handler, RecordedLog log)
    {
        _listener = listener;
        Log = log;
        _accepting = AcceptAsync(handler);
    }

    public EndPoint EndPoint => _listener.EndPoint;

    public RecordedLog Log { get; }

    /// <summary>What handlers have thrown.</summary>
    public IReadOnlyCollection<Exception> Failures => _failures;

    /// <summary>Starts a server.</summary>
    /// <param name="handler">Runs for each connection, which is disposed after it.</param>
    /// <param name="options">How the transport works.</param>
    /// <param name="address">Where to listen; a port of 127.0.0.1 by default.</param>
    public static async Task<LoopServer> StartAsync(
        Func<ConnectionContext, Task> handler, LoopTransportOptions options, EndPoint? address = null)
    {
        RecordedLog log = new();
        LoopTransportFactory factory = new(options, log);
        return new LoopServer(await factory.BindAsync(new LoopEndPoint(address ?? new IPEndPoint(IPAddress.Loopback, 0))), handler, log);
    }

    /// <summary>A handler that sends back what it receives.</summary>
    public static async Task EchoAsync(ConnectionContext connection)
    {
        while (await EchoOnceAsync(connection.Transport))
        {
        }
    }

    /// <summary>Sends back what one read brings.</summary>
    /// <returns>Whether there may be more.</returns>
    public static async Task<bool> EchoOnceAsync(IDuplexPipe transport)
    {
        ReadResult read = await transport.Input.ReadAsync();
        foreach (ReadOnlyMemory<byte> piece in read.Buffer)
        {
            await transport.Output.WriteAsync(piece);
        }

        transport.Input.AdvanceTo(read.Buffer.End);
        return !read.IsCompleted;
    }

    /// <summary>Reads, which brings the handler onto its loop, and runs the rest of it there.</summary>
    /// <remarks>To return there would not do: who had not yet begun to await this would go on where it is.</remarks>
    public static async Task RunOnLoopAsync(ConnectionContext connection, Func<Task> rest)
    {
        PipeReader input = connection.Transport.Input;
        input.AdvanceTo((await input.ReadAsync()).Buffer.End);
        await rest();
    }

    public Task<LineClient> ConnectAsync(int? bufferSize = null) => LineClient.ConnectAsync(EndPoint, bufferSize);

    /// <summary>Accepts nobody any more; the connections that there are go on.</summary>
    public async Task UnbindAsync()
    {
        await _listener.UnbindAsync().AsTask().WaitAsync(Patience.Limit);
        await _accepting.WaitAsync(Patience.Limit);
    }

    /// <summary>Waits until all connections have ended.</summary>
    public async Task ConnectionsEndAsync()
    {
        await Patience.UntilAsync(() => Task.FromResult(!_connections.IsEmpty), "a connection is accepted");
        await Task.WhenAll(_connections).WaitAsync(Patience.Limit);
    }

    public async ValueTask DisposeAsync()
    {
        await UnbindAsync();
        await _listener.DisposeAsync().AsTask().WaitAsync(Patience.Limit);
        await Task.WhenAll(_connections).WaitAsync(Patience.Limit);
    }

    private async Task AcceptAsync(Func<ConnectionContext, Task> handler)
    {
        while (await _listener.AcceptAsync() is ConnectionContext connection)
        {
            _connections.Add(Task.Run(() => RunAsync(handler, connection)));
        }
    }

    private async Task RunAsync(Func<ConnectionContext, Task> handler, ConnectionContext connection)
    {
        try
        {
            await handler(connection);
        }
        catch (Exception exception)
        {
            _failures.Enqueue(exception);
        }
        finally
        {
            await connection.DisposeAsync();
        }
    }
}
