using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using KvTcp.Protocol;
using KvTcp.Server.Metrics;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace KvTcp.Server;

/// <summary>
/// The way of a request through the server starts here: bytes arrive in a connection's input pipe, the
/// <see cref="RequestDispatcher"/> answers all complete requests among them, and one flush sends the replies. Thread-safe: all
/// connections share one handler.
/// </summary>
internal sealed class KvConnectionHandler
{
    /// <summary>
    /// How many full outputs, of <see cref="RequestDispatcher.MaxOutput"/> each, a connection may write without a wait before others get a turn. Over
    /// sockets only: the event loops hold the second one back themselves.
    /// </summary>
    private const int DrainsInTurn = 8;

    private readonly ServerOptions _options;
    private readonly DatasetHolder _datasets;
    private readonly ConnectionRegistry _connections;
    private readonly RequestRates? _rates;
    private readonly ServerReplies _replies;
    private readonly ILogger _logger;

    /// <summary>Makes the handler of a server.</summary>
    /// <param name="options">The limits.</param>
    /// <param name="replies">Answers the commands that look up no key.</param>
    /// <param name="datasets">What to answer from.</param>
    /// <param name="connections">Where connections are counted.</param>
    /// <param name="rates">How many requests clients may send; null for any number.</param>
    /// <param name="logger">Hears of broken connections at debug level, of bugs at error level, of no request.</param>
    public KvConnectionHandler(
        ServerOptions options,
        ServerReplies replies,
        DatasetHolder datasets,
        ConnectionRegistry connections,
        RequestRates? rates,
        ILogger logger)
    {
        _options = options;
        _datasets = datasets;
        _connections = connections;
        _rates = rates;
        _replies = replies;
        _logger = logger;
    }

    /// <summary>Answers the requests of a connection until it ends.</summary>
    /// <remarks>
    /// This is all that an idle connection keeps of the handler, so it holds on to little. It reads by itself, so that an event loop that brings the
    /// first bytes goes on with everything else, also when they, and the client's end, are there before this waits for them. (Over TLS others wait in between.)
    /// </remarks>
    /// <param name="connection">The connection.</param>
    /// <param name="tls">The certificates, where TLS is spoken; null where it is not.</param>
    public async Task AnswerAsync(ConnectionContext connection, TlsCertificates? tls)
    {
        using RequestDispatcher dispatcher = new(
            _options, _datasets, _replies, connection.RemoteEndPoint, connection.LocalEndPoint);
        ConnectionDeadlines deadlines = new(_options, connection, dispatcher);
        IDuplexPipe transport = connection.Transport;
        TlsTransport? secured = tls is null ? null : new TlsTransport(transport);
        bool isAdmitted = _connections.TryAdd(deadlines);
        try
        {
            try
            {
                if (isAdmitted && secured is not null)
                {
                    await SecureAsync(connection, secured, tls!, deadlines);
                }

                if (isAdmitted && (secured is null || secured.IsOpen))
                {
                    IDuplexPipe pipe = connection.Transport;
                    ConnectionPace? pace = PaceOf(connection);
                    bool isLast = pace is not null && !await pace.StartAsync(dispatcher, deadlines);
                    while (!isLast)
                    {
                        isLast = await AnswerAsync(await pipe.Input.ReadAsync(CancellationToken.None), pipe, dispatcher, deadlines);

                        // The last requests are counted too.
                        isLast |= pace is not null && !pace.TryGoOn(dispatcher.Counters.Requests) && !await pace.WaitAsync(dispatcher, deadlines, isLast);
                    }
                }
                else if (secured is null)
                {
                    dispatcher.WriteError(connection.Transport.Output, ErrorCode.Busy, ErrorText.Busy);
                }
            }
            catch (Exception exception) when (!IsLoss(exception))
            {
                AnswerBug(connection, isReady: secured is null or { IsOpen: true }, dispatcher, exception);
            }

            // An orderly end would be taken for the end of a reply that is under way.
            await CloseAsync(connection, transport, dispatcher.IsReplyUnderWay ? null : secured, deadlines);
        }
        catch (Exception exception) when (IsLoss(exception))
        {
            ServerLog.ConnectionLost(_logger, connection.ConnectionId, exception.Message);
        }
        finally
        {
            _connections.Remove(deadlines);
            connection.Transport = transport;
            if (secured is not null)
            {
                await secured.DisposeAsync().AsTask();
            }
        }
    }

    /// <summary>Shakes hands, and has the connection go on encrypted if that succeeds.</summary>
    private async Task SecureAsync(ConnectionContext connection, TlsTransport secured, TlsCertificates tls, ConnectionDeadlines deadlines)
    {
        string? failure = await secured.ShakeHandsAsync(tls.Current);
        if (failure is null)
        {
            connection.Transport = secured;
        }
        else if (secured.HasReceived && !deadlines.MustClose)
        {
            _replies.Refusals.Note(Refusal.Handshake, connection.RemoteEndPoint);
            ServerLog.HandshakeFailed(_logger, connection.ConnectionId, failure);
        }
    }

    /// <summary>Tells log and client of a bug, after the replies that were written before it; the connection ends.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="isReady">Whether hands were shaken, where that comes first: before that nothing may be said.</param>
    /// <param name="dispatcher">What was to answer.</param>
    /// <param name="exception">The bug.</param>
    private void AnswerBug(ConnectionContext connection, bool isReady, RequestDispatcher dispatcher, Exception exception)
    {
        ServerLog.ConnectionFailed(_logger, exception, connection.ConnectionId);
        if (dispatcher.IsReplyUnderWay)
        {
            // An error here would be taken for a part of the reply, and an orderly end for the end of a value. What the client takes at
            // once of the replies before is sent; nobody waits for the rest.
            _ = connection.Transport.Output.FlushAsync(CancellationToken.None).AsTask();
            connection.Abort(new ConnectionAbortedException("The server failed in the middle of a reply."));
        }
        else if (isReady)
        {
            dispatcher.WriteError(connection.Transport.Output, ErrorCode.Internal, ErrorText.Internal);
        }
    }

    private ConnectionPace? PaceOf(ConnectionContext connection) => _rates is null || ClientNetwork.Of(connection.RemoteEndPoint) is not IPAddress client
        ? null
        : new ConnectionPace(_rates, client);

    /// <summary>Answers what a read has brought, and flushes.</summary>
    /// <returns>Whether it was the last read.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<bool> AnswerAsync(
        ReadResult read, IDuplexPipe transport, RequestDispatcher dispatcher, ConnectionDeadlines deadlines)
    {
        bool isLast = false;
        long begun = RequestSamples.BeginRead();
        long requests = dispatcher.Counters.Requests;
        ReadOnlySequence<byte> buffer = read.Buffer;
        try
        {
            DrainStatus status = dispatcher.Drain(ref buffer, transport.Output);
            int drains = 0;
            while (IsUnderWay(status))
            {
                ValueTask<bool> flush = FlushAsync(transport.Output, deadlines);
                drains = flush.IsCompleted ? drains + 1 : 0;
                isLast = await flush;
                if (isLast)
                {
                    break;
                }

                if (status == DrainStatus.Waiting)
                {
                    bool isPenalized = dispatcher.IsPenalized;
                    deadlines.PauseStarts();
                    try
                    {
                        await dispatcher.WaitAsync();
                    }
                    finally
                    {
                        deadlines.PauseEnds();
                    }

                    if (isPenalized && deadlines.MustClose)
                    {
                        // Who sends wrong tokens, one behind the other, is not waited for.
                        break;
                    }
                }
                else if (drains >= DrainsInTurn)
                {
                    drains = 0;

                    // This thread polls the sockets of other connections too.
                    await Task.Yield();
                }

                status = dispatcher.Drain(ref buffer, transport.Output);
            }

            if (status == DrainStatus.NeedInput && read.IsCompleted)
            {
                dispatcher.FinishInput(buffer, transport.Output);
            }

            isLast |= status == DrainStatus.Close || read.IsCompleted || deadlines.MustClose;
        }
        finally
        {
            dispatcher.Counters.BytesReceived += read.Buffer.Length - buffer.Length;
            transport.Input.AdvanceTo(buffer.Start, read.Buffer.End);
        }

        isLast |= await FlushAsync(transport.Output, deadlines);
        if (begun != 0)
        {
            dispatcher.Samples.EndRead(begun, dispatcher.Counters.Requests - requests);
        }

        return isLast;
    }

    /// <summary>Whether a drain has to go on with the same bytes.</summary>
    private static bool IsUnderWay(DrainStatus status) => status is DrainStatus.OutputFull or DrainStatus.Waiting;

    /// <summary>Ends the output, then waits until the transport has sent it or a deadline has ended the wait.</summary>
    /// <remarks>
    /// What the client goes on sending is read and thrown away meanwhile: closing a socket with unread bytes resets it, and a reset
    /// may destroy replies that are still under way.
    /// </remarks>
    private static async Task CloseAsync(ConnectionContext connection, IDuplexPipe transport, TlsTransport? secured, ConnectionDeadlines deadlines)
    {
        deadlines.FlushStarts();
        if (secured is { IsOpen: true })
        {
            await secured.EndAsync();
        }

        await transport.Output.CompleteAsync();
        for (bool isClosed = false; !isClosed;)
        {
            ReadResult read = await transport.Input.ReadAsync(CancellationToken.None);
            transport.Input.AdvanceTo(read.Buffer.End);
            isClosed = read.IsCompleted;
        }

        // A client that has ended its side may still not take the last replies. Until the transport is done with it, it counts and has a deadline.
        connection.Transport = transport;
        await connection.DisposeAsync();
    }

    /// <summary>Sends what has been written, and waits while the client is behind with its reading.</summary>
    /// <returns>Whether the client has gone.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<bool> FlushAsync(PipeWriter output, ConnectionDeadlines deadlines)
    {
        deadlines.Counters.BytesSent += output.UnflushedBytes;
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

    /// <summary>Whether an exception means that the network or the peer has ended the connection.</summary>
    private static bool IsLoss(Exception exception) => exception is IOException or SocketException or OperationCanceledException;
}
