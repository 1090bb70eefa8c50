using System.Buffers;
using System.IO.Pipelines;
using KvTcp.Protocol;

namespace KvTcp.Client;

/// <summary>Reads the replies of a connection and gives each to the oldest request in flight: replies come in request order.</summary>
internal sealed class ReplyReceiver
{
    private readonly KvServerAddress _server;
    private readonly PipeReader _received;
    private readonly RequestSender _sender;
    private readonly RequestRing _inFlight;
    private readonly ReplyCounters _counters;
    private readonly int _maxLine;
    private long _searched;
    private long _reads;
    private bool _isReading;

    /// <summary>Prepares.</summary>
    /// <param name="server">The server that messages name.</param>
    /// <param name="received">What it sends.</param>
    /// <param name="sender">Is told when there is room for more requests.</param>
    /// <param name="inFlight">The requests that wait for a reply.</param>
    /// <param name="counters">Counts replies.</param>
    /// <param name="maxValueLength">The longest value accepted, in bytes.</param>
    public ReplyReceiver(
        KvServerAddress server, PipeReader received, RequestSender sender, RequestRing inFlight, ReplyCounters counters, int maxValueLength)
    {
        _server = server;
        _received = received;
        _sender = sender;
        _inFlight = inFlight;
        _counters = counters;
        _maxLine = maxValueLength + "OK \n".Length;
    }

    /// <summary>Whether any reply has come.</summary>
    public bool HasAnswered { get; private set; }

    /// <summary>Changes with everything that arrives; -1 while replies are being handled, which is no silence of the server's.</summary>
    public long Progress => Volatile.Read(ref _isReading) ? Volatile.Read(ref _reads) : -1;

    /// <summary>Reads until the connection ends.</summary>
    /// <returns>Why it ended; null when the server has closed it.</returns>
    public async Task<Exception?> RunAsync()
    {
        try
        {
            while (true)
            {
                Volatile.Write(ref _isReading, true);
                ReadResult read = await _received.ReadAsync().ConfigureAwait(false);
                Volatile.Write(ref _isReading, false);
                Volatile.Write(ref _reads, _reads + 1);
                ReadOnlySequence<byte> rest = read.Buffer;
                Exception? violation = Drain(ref rest);
                _received.AdvanceTo(rest.Start, rest.End);
                if (violation is not null)
                {
                    return violation;
                }

                if (read.IsCompleted)
                {
                    return null;
                }

                _sender.UseRoom();
            }
        }
#pragma warning disable CA1031 // Whatever it is, it ends the connection, and its callers hear of it.
        catch (Exception e)
        {
            return new KvConnectionException($"{_server} broke the connection: {e.Message}", e);
        }
#pragma warning restore CA1031
        finally
        {
            await _received.CompleteAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Takes every whole reply.</summary>
    /// <param name="rest">What has arrived; on return, what was not taken.</param>
    /// <returns>What is wrong with what is left, if anything is.</returns>
    private Exception? Drain(ref ReadOnlySequence<byte> rest)
    {
        while (!rest.IsEmpty)
        {
            bool isExpected = _inFlight.TryPeek(out PendingRequest? request);
            switch (isExpected ? request!.Read(ref rest, _maxLine, ref _searched, _counters) : ReplyStatus.Invalid)
            {
                case ReplyStatus.Reply:
                    _inFlight.Dequeue();
                    HasAnswered = true;
                    break;
                case ReplyStatus.Incomplete:
                    return null;
                default:
                    return Violation(rest, request);
            }
        }

        return null;
    }

    private Exception Violation(ReadOnlySequence<byte> received, PendingRequest? request)
    {
        ReadOnlySequence<byte> rest = received;
        long searched = 0;
        ReplyStatus status = ReplyParser.TryRead(ref rest, _maxLine, ref searched, out Reply reply);
        if (status == ReplyStatus.Reply && reply is { Kind: ReplyKind.Error, Code: ErrorCode.Busy })
        {
            return KvServerException.Of(reply, $"{_server}: ");
        }

        string shown = ReceivedBytes.Show(received);
        bool isLines = status == ReplyStatus.Reply && reply.Kind == ReplyKind.Lines;
        string what = request is null
            ? "sent what nobody has asked for"
            : $"answered {CommandName.Of(request.Command)} with {(isLines ? "several lines" : "what is no reply to it")}";
        KvProtocolException violation = new($"{_server} {what}: {shown}; is it a KvTcp server?", shown);
        request?.TryFail(violation);
        return violation;
    }
}
