using System.Buffers;
using KvTcp.Protocol;

namespace KvTcp.Client;

// reply = "LINES" SP n LF n*( line LF ) | "ERR" SP code SP text LF                  docs/protocol.md#grammar

/// <summary>A request whose reply is many lines, each of which is taken when it arrives.</summary>
/// <typeparam name="TResult">The result.</typeparam>
internal abstract class ManyLinesRequest<TResult> : ResultRequest<TResult>
{
    private const int BeforeFirst = -1;

    private int _due;
    private int _taken = BeforeFirst;

    /// <inheritdoc/>
    public sealed override ReplyStatus Read(ref ReadOnlySequence<byte> received, int maxLine, ref long searched, ReplyCounters counters)
    {
        if (_taken == BeforeFirst)
        {
            ReplyStatus status = ReadHead(ref received, maxLine, ref searched, counters, out bool isRefused);
            if (status != ReplyStatus.Reply || isRefused)
            {
                return status;
            }
        }

        for (; _taken < _due; _taken++)
        {
            ReplyStatus status = ReadLine(ref received, maxLine, ref searched, _taken, counters);
            if (status != ReplyStatus.Reply)
            {
                return status;
            }
        }

        counters.Replies++;
        if (TryClaim())
        {
            Finish();
        }

        return ReplyStatus.Reply;
    }

    /// <summary>Whether a reply may have so many lines.</summary>
    protected abstract bool Expects(int lineCount);

    /// <summary>Takes a line.</summary>
    /// <param name="received">What has arrived; on <see cref="ReplyStatus.Reply"/> it starts after the line, otherwise nothing is taken.</param>
    /// <param name="maxLine">The longest line accepted, LF included.</param>
    /// <param name="searched">As for <see cref="LineFraming.TryReadLine"/>.</param>
    /// <param name="index">Which of the lines it is, from 0.</param>
    /// <param name="counters">Counts keys.</param>
    protected abstract ReplyStatus ReadLine(
        ref ReadOnlySequence<byte> received, int maxLine, ref long searched, int index, ReplyCounters counters);

    /// <summary>Completes the claimed request after the last line.</summary>
    protected abstract void Finish();

    /// <inheritdoc/>
    protected override void Write(IBufferWriter<byte> output) => _taken = BeforeFirst;

    private ReplyStatus ReadHead(
        ref ReadOnlySequence<byte> received, int maxLine, ref long searched, ReplyCounters counters, out bool isRefused)
    {
        ReadOnlySequence<byte> rest = received;
        ReplyStatus status = ReplyParser.TryRead(ref rest, maxLine, ref searched, out Reply reply);
        isRefused = status == ReplyStatus.Reply && reply.Kind == ReplyKind.Error && TryRefuse(reply, counters);
        if (status != ReplyStatus.Reply)
        {
            return status;
        }

        if (!isRefused)
        {
            if (reply.Kind != ReplyKind.Lines || !Expects(reply.LineCount))
            {
                return ReplyStatus.Invalid;
            }

            _due = reply.LineCount;
            _taken = 0;
        }

        received = rest;
        return ReplyStatus.Reply;
    }
}
