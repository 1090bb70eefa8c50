using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using KvTcp.Protocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace KvTcp.Server;

/// <summary>
/// The way of a request through the server starts here: bytes arrive in a connection's input pipe, the
/// <see cref="RequestDispatcher"/> answers all complete requests among them, and one flush sends the replies. Thread-safe: all
/// connections share one handler.
/// </summary>
internal sealed class KvConnectionHandler : ConnectionHandler
{
    private readonly ServerOptions _options;
    private readonly ServedDataset _served;
    private readonly ConnectionRegistry _connections;
    private readonly CommandReplies _replies;
    private readonly ILogger _logger;

    /// <summary>Makes the handler of a server.</summary>
    /// <param name="options">The limits.</param>
    /// <param name="served">What to answer from.</param>
    /// <param name="connections">Where connections are counted.</param>
    /// <param name="logger">Hears of broken connections at debug level, of bugs at error level, of no request.</param>
    public KvConnectionHandler(ServerOptions options, ServedDataset served, ConnectionRegistry connections, ILogger logger)
    {
        _options = options;
        _served = served;
        _connections = connections;
        _replies = new CommandReplies(served, connections);
        _logger = logger;
    }

    /// <inheritdoc/>
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        using RequestDispatcher dispatcher = new(_options, _served, _replies);
        if (!_connections.TryAdd(dispatcher.Counters))
        {
            dispatcher.WriteError(connection.Transport.Output, ErrorCode.Busy, ErrorText.Busy);
            _ = await connection.Transport.Output.FlushAsync();
            return;
        }

        ConnectionDeadlines deadlines = new(_options, connection, dispatcher.Counters);
        try
        {
            connection.Features.GetRequiredFeature<IConnectionHeartbeatFeature>()
                .OnHeartbeat(static state => ((ConnectionDeadlines)state).OnHeartbeat(), deadlines);
            CancellationToken stopping = connection.Features
                .GetRequiredFeature<IConnectionLifetimeNotificationFeature>().ConnectionClosedRequested;
            await using CancellationTokenRegistration _ = stopping.UnsafeRegister(
                static state => ((PipeReader)state!).CancelPendingRead(), connection.Transport.Input);
            await AnswerAsync(connection.Transport, dispatcher, deadlines, stopping);
            await CloseAsync(connection.Transport, deadlines);
        }
        catch (Exception exception) when (exception is ConnectionResetException or ConnectionAbortedException or OperationCanceledException)
        {
            ServerLog.ConnectionLost(_logger, connection.ConnectionId, exception.Message);
        }
        catch (Exception exception)
        {
            ServerLog.ConnectionFailed(_logger, exception, connection.ConnectionId);
            dispatcher.WriteError(connection.Transport.Output, ErrorCode.Internal, ErrorText.Internal);
            _ = await connection.Transport.Output.FlushAsync();
        }
        finally
        {
            _connections.Remove(dispatcher.Counters, deadlines.HasExpired);
        }
    }

    /// <summary>Reads, answers, flushes, until one side ends the connection.</summary>
    private static async Task AnswerAsync(
        IDuplexPipe transport, RequestDispatcher dispatcher, ConnectionDeadlines deadlines, CancellationToken stopping)
    {
        PipeReader input = transport.Input;
        PipeWriter output = transport.Output;
        for (bool isLast = false; !isLast;)
        {
            ReadResult read = await input.ReadAsync(CancellationToken.None);
            ReadOnlySequence<byte> buffer = read.Buffer;
            DrainStatus status;
            do
            {
                status = dispatcher.Drain(ref buffer, output);
                if (status == DrainStatus.NeedInput && read.IsCompleted)
                {
                    dispatcher.FinishInput(buffer, output);
                }

                isLast = await FlushAsync(output, deadlines);
            }
            while (status == DrainStatus.OutputFull && !isLast);

            input.AdvanceTo(buffer.Start, read.Buffer.End);
            isLast |= status == DrainStatus.Close || read.IsCompleted || stopping.IsCancellationRequested || deadlines.HasExpired;
        }
    }

    /// <summary>Ends the output, then waits until the transport has sent it or a deadline has ended the wait.</summary>
    /// <remarks>
    /// What the client goes on sending is read and thrown away meanwhile: closing a socket with unread bytes resets it, and a reset
    /// may destroy replies that are still under way.
    /// </remarks>
    private static async Task CloseAsync(IDuplexPipe transport, ConnectionDeadlines deadlines)
    {
        deadlines.FlushStarts();
        await transport.Output.CompleteAsync();
        for (bool isClosed = false; !isClosed;)
        {
            ReadResult read = await transport.Input.ReadAsync(CancellationToken.None);
            transport.Input.AdvanceTo(read.Buffer.End);
            isClosed = read.IsCompleted;
        }
    }

    /// <summary>Sends what has been written, and waits while the client is behind with its reading.</summary>
    /// <returns>Whether the client has gone.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<bool> FlushAsync(PipeWriter output, ConnectionDeadlines deadlines)
    {
        ValueTask<FlushResult> flush = output.FlushAsync(CancellationToken.None);
        if (flush.IsCompleted)
        {
            return (await flush).IsCompleted;
        }

        deadlines.FlushStarts();
        FlushResult result = await flush;
        deadlines.FlushEnds();
        return result.IsCompleted;
    }
}
