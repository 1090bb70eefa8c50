using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using KvTcp.Transport.Loops;
using KvTcp.Transport.Pipes;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace KvTcp.Transport;

/// <summary>
/// A connection as Kestrel and its handler see it, from any thread. What they ask of it is done on its loop by
/// <see cref="ConnectionLife"/>, at once when they are on the loop, else after a message.
/// </summary>
internal sealed class LoopConnection : FeaturedConnection, ILoopWork, IDuplexPipe, IConnectionIdFeature, IConnectionTransportFeature,
    IConnectionItemsFeature, IConnectionLifetimeFeature, IConnectionEndPointFeature, IMemoryPoolFeature
{
    private static long s_lastId;

    private readonly ConnectionLife _life;
    private readonly LoopPipeReader _input;
    private readonly LoopPipeWriter _output;
    private ConnectionAbortedException? _abortReason;
    private TaskCompletionSource? _disposal;
    private string? _id;
    private IDictionary<object, object?>? _items;
    private int _messages;

    /// <summary>Makes a connection of an accepted socket. On the loop.</summary>
    /// <param name="loop">Its loop.</param>
    /// <param name="file">The socket's descriptor.</param>
    /// <param name="localEndPoint">This side.</param>
    /// <param name="remoteEndPoint">The client; null where clients have no address.</param>
    public LoopConnection(EventLoop loop, int file, EndPoint? localEndPoint, EndPoint? remoteEndPoint)
    {
        LocalEndPoint = localEndPoint;
        RemoteEndPoint = remoteEndPoint;
        Socket = loop.Engine.CreateSocket(file, this);
        _input = new LoopPipeReader(this);
        _output = new LoopPipeWriter(this);
        _life = new ConnectionLife(this);
        Transport = this;
    }

    /// <inheritdoc cref="ConnectionContext.Transport"/>
    public override IDuplexPipe Transport { get; set; }

    /// <inheritdoc cref="BaseConnectionContext.ConnectionId"/>
    public override string ConnectionId
    {
        get => _id ??= Interlocked.Increment(ref s_lastId).ToString("x");
        set => _id = value;
    }

    /// <inheritdoc cref="BaseConnectionContext.Items"/>
    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    /// <inheritdoc cref="BaseConnectionContext.ConnectionClosed"/>
    public override CancellationToken ConnectionClosed
    {
        get => _life.ClosedToken.Token;
        set => _life.ClosedToken.Token = value;
    }

    /// <summary>The memory of middleware; the loop's own blocks are not for others.</summary>
    public MemoryPool<byte> MemoryPool => MemoryPool<byte>.Shared;

    /// <inheritdoc/>
    PipeReader IDuplexPipe.Input => _input;

    /// <inheritdoc/>
    PipeWriter IDuplexPipe.Output => _output;

    /// <summary>The socket; on the loop only.</summary>
    public LoopSocket Socket { get; }

    /// <summary>On the loop: receives, sends, ends.</summary>
    public ConnectionLife Life => _life;

    /// <summary>On the loop: where received bytes go.</summary>
    public LoopPipeReader Received => _input;

    /// <summary>On the loop: what hears of sent bytes.</summary>
    public LoopPipeWriter Written => _output;

    /// <summary>The loop's blocks.</summary>
    public BlockPool Pool => Socket.Loop.Pool;

    /// <summary>Whether the caller is on the loop.</summary>
    public bool IsOnLoop => Socket.Loop.IsCurrent;

    /// <inheritdoc/>
    public override void Abort() => Abort(new ConnectionAbortedException("The connection was aborted by the application."));

    /// <inheritdoc/>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        Interlocked.CompareExchange(ref _abortReason, abortReason, null);
        Tell(ConnectionMessages.Abort);
    }

    /// <summary>Aborts because the handler has completed its output with an exception.</summary>
    public void AbortFor(Exception exception) =>
        Abort(exception as ConnectionAbortedException ?? new ConnectionAbortedException(exception.Message, exception));

    /// <summary>Completes both pipes. Completes when the connection is closed, which may take until the client has what was sent.</summary>
    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _input.CompleteAsync();
        await _output.CompleteAsync();
        TaskCompletionSource disposal = Interlocked.CompareExchange(ref _disposal, new TaskCompletionSource(), null) ?? _disposal;
        Tell(ConnectionMessages.Dispose);
        await disposal.Task;
        await base.DisposeAsync();
    }

    /// <summary>Has the loop do something: at once when the caller is on it.</summary>
    public void Tell(ConnectionMessages message)
    {
        if (IsOnLoop)
        {
            Do(message);
        }
        else
        {
            Post(message);
        }
    }

    /// <summary>Has the loop do something, in one of its next turns.</summary>
    public void Post(ConnectionMessages message)
    {
        if (Interlocked.Or(ref _messages, (int)message) == 0 && !Socket.Loop.TryPost(this))
        {
            // The loop has ended, has closed the connection before, and does nothing more: only this happens at the same time. What waits ends here,
            // and its handler goes on under this lock, to its end: nothing is to be posted under a lock that handlers take.
            lock (_life)
            {
                Run();
            }
        }
    }

    /// <inheritdoc/>
    public void Run() => Do((ConnectionMessages)Interlocked.Exchange(ref _messages, 0));

    /// <inheritdoc/>
    public void Fail(Exception reason)
    {
        // What it was told to do is lost; who waits for its end is not to wait for that.
        _life.Fail(reason);
        _disposal?.TrySetResult();
    }

    private void Do(ConnectionMessages messages)
    {
        if (Has(ConnectionMessages.Abort))
        {
            _life.Abort(_abortReason!);
        }

        if (Has(ConnectionMessages.Read))
        {
            _input.OnReadRequested();
        }

        if (Has(ConnectionMessages.Flush))
        {
            _output.OnFlushRequested();
        }

        if (Has(ConnectionMessages.CancelRead))
        {
            _input.OnCancelRequested();
        }

        if (Has(ConnectionMessages.ReadTokenFired))
        {
            _input.OnTokenFired();
        }

        if (Has(ConnectionMessages.CancelFlush))
        {
            _output.OnCancelRequested();
        }

        if (Has(ConnectionMessages.FlushTokenFired))
        {
            _output.OnTokenFired();
        }

        if (Has(ConnectionMessages.CompleteInput))
        {
            _input.OnCompleted();
        }

        if (Has(ConnectionMessages.CompleteOutput))
        {
            _life.OnOutputCompleted();
        }

        if (Has(ConnectionMessages.Dispose))
        {
            _life.TellWhenClosed(_disposal!);
        }

        // Not Enum.HasFlag: .NET boxed both sides of it here, which was a third of all that a connection allocated.
        bool Has(ConnectionMessages message) => (messages & message) != ConnectionMessages.None;
    }
}
