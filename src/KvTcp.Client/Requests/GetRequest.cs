using System.Buffers;
using KvTcp.Protocol;

namespace KvTcp.Client;

/// <summary>GET; each derived class makes something else of the value.</summary>
/// <typeparam name="TResult">What the caller gets; its default value stands for a miss.</typeparam>
internal abstract class GetRequest<TResult> : OneLineRequest<TResult>
{
    /// <summary>The key.</summary>
    public Guid Key { get; set; }

    /// <inheritdoc/>
    public override Command Command => Command.Get;

    /// <inheritdoc/>
    public override int KeyCount => 1;

    /// <summary>Makes the result of a hit. Called once, by whoever reads replies, while the caller waits.</summary>
    /// <param name="value">The value, a view of the received bytes.</param>
    protected abstract TResult Take(in ReadOnlySequence<byte> value);

    /// <inheritdoc/>
    protected override void Write(IBufferWriter<byte> output) => RequestWriter.WriteGet(output, Key);

    /// <inheritdoc/>
    protected override bool TryAccept(in Reply reply, ReplyCounters counters)
    {
        bool isHit = reply.Kind == ReplyKind.Ok;
        if (!isHit && reply.Kind != ReplyKind.NotFound)
        {
            return false;
        }

        counters.Count(isHit);
        counters.Replies++;
        if (!TryClaim())
        {
            return true;
        }

        TResult result;
        try
        {
            result = isHit ? Take(reply.Text) : default!;
        }
#pragma warning disable CA1031 // What the caller's writer throws belongs to the caller; the stream of replies goes on.
        catch (Exception e)
        {
            Complete(e);
            return true;
        }
#pragma warning restore CA1031

        Complete(result);
        return true;
    }
}
