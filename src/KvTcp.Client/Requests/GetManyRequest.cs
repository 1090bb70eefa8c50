using System.Buffers;
using KvTcp.Protocol;

namespace KvTcp.Client;

/// <summary>MGET for a part of the keys of <see cref="KvClient.GetManyAsync"/>.</summary>
/// <param name="keys">The part, at most <see cref="RequestWriter.MaxKeys"/> keys.</param>
/// <param name="values">Receives the values of the part; only this request writes there.</param>
internal sealed class GetManyRequest(ReadOnlyMemory<Guid> keys, Memory<byte[]?> values) : ManyLinesRequest<bool>
{
    private KvServerException? _refusal;

    /// <inheritdoc/>
    public override Command Command => Command.MGet;

    /// <inheritdoc/>
    public override int KeyCount => keys.Length;

    /// <inheritdoc/>
    protected override void Write(IBufferWriter<byte> output)
    {
        base.Write(output);
        _refusal = null;
        RequestWriter.WriteMGet(output, keys.Span);
    }

    /// <inheritdoc/>
    protected override bool Expects(int lineCount) => lineCount == keys.Length;

    /// <inheritdoc/>
    protected override ReplyStatus ReadLine(
        ref ReadOnlySequence<byte> received, int maxLine, ref long searched, int index, ReplyCounters counters)
    {
        ReadOnlySequence<byte> rest = received;
        ReplyStatus status = ReplyParser.TryRead(ref rest, maxLine, ref searched, out Reply reply);
        if (status != ReplyStatus.Reply)
        {
            return status;
        }

        switch (reply.Kind)
        {
            case ReplyKind.Lines:
                return ReplyStatus.Invalid;
            case ReplyKind.Error:
                _refusal ??= KvServerException.Of(reply, $"{keys.Span[index]}: ");
                break;
            default:
                counters.Count(reply.Kind == ReplyKind.Ok);
                values.Span[index] = reply.Kind == ReplyKind.Ok && IsWaiting ? reply.Text.ToArray() : null;
                break;
        }

        received = rest;
        return ReplyStatus.Reply;
    }

    /// <inheritdoc/>
    protected override void Finish()
    {
        if (_refusal is null)
        {
            Complete(true);
        }
        else
        {
            Complete(_refusal);
        }
    }
}
