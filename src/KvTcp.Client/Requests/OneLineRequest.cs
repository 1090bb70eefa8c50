using System.Buffers;
using KvTcp.Protocol;

namespace KvTcp.Client;

// reply = "OK" [ SP text ] LF | "NOT_FOUND" LF | "ERR" SP code SP text LF           docs/protocol.md#grammar

/// <summary>A request whose reply is one line.</summary>
/// <typeparam name="TResult">The result.</typeparam>
internal abstract class OneLineRequest<TResult> : ResultRequest<TResult>
{
    /// <inheritdoc/>
    public sealed override ReplyStatus Read(ref ReadOnlySequence<byte> received, int maxLine, ref long searched, ReplyCounters counters)
    {
        ReadOnlySequence<byte> rest = received;
        ReplyStatus status = ReplyParser.TryRead(ref rest, maxLine, ref searched, out Reply reply);
        if (status != ReplyStatus.Reply)
        {
            return status;
        }

        if (reply.Kind == ReplyKind.Error ? !TryRefuse(reply, counters) : !TryAccept(reply, counters))
        {
            return ReplyStatus.Invalid;
        }

        received = rest;
        return ReplyStatus.Reply;
    }

    /// <summary>Completes the request with a reply that is no error, unless it was given up.</summary>
    /// <param name="reply">The reply.</param>
    /// <param name="counters">Counts it.</param>
    /// <returns>Whether such a reply answers this command.</returns>
    protected abstract bool TryAccept(in Reply reply, ReplyCounters counters);
}
