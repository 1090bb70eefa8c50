using System.Buffers;
using KvTcp.Protocol.Resp;
using KvTcp.Server.Metrics;

namespace KvTcp.Server.Resp;

/// <summary>Gathers runs of GETs of one connection that speaks RESP into its batch. One thread at a time.</summary>
/// <param name="keys">The connection's access to the dataset.</param>
internal sealed class RespGets(KeyLookups keys)
{
    /// <summary>Moves the run of plain GETs at the front of the buffer into the batch, as far as they fit.</summary>
    /// <param name="buffer">The received bytes.</param>
    /// <param name="batch">The connection's batch.</param>
    public void Gather(ref ReadOnlySequence<byte> buffer, LookupBatch batch)
    {
        Span<byte> boundary = stackalloc byte[RespRequestParser.PlainGetLength];
        GatherFromFirst(ref buffer, batch);
        while (!batch.IsFull && !buffer.IsSingleSegment)
        {
            // The run may go on with a GET that lies in two segments.
            Span<byte> joined = boundary.Slice(0, (int)Math.Min(boundary.Length, buffer.Length));
            buffer.Slice(0, joined.Length).CopyTo(joined);
            if (!Gather(joined, batch, batch.FreeKeys.Slice(0, 1), ref buffer))
            {
                return;
            }

            GatherFromFirst(ref buffer, batch);
        }
    }

    /// <summary>Refuses the GETs of the batch while nothing is loaded.</summary>
    /// <param name="writer">Receives the errors.</param>
    public void RefuseWhileNothingIsServed(ref RespWriter writer)
    {
        if (keys.WhyNothingIsServed().IsEmpty)
        {
            return;
        }

        for (int i = keys.Batch.Count; i > 0; i--)
        {
            keys.Counters.RequestErrors++;
            keys.Commands.Add(CommandSlots.Of(RespCommand.Get), isRefused: true);
            writer.WriteError(Protocol.ErrorCode.Loading, keys.WhyNothingIsServed());
        }

        keys.Batch.Clear();
    }

    private void GatherFromFirst(ref ReadOnlySequence<byte> buffer, LookupBatch batch)
    {
        // Where there is an engine, its batch grows from time to time.
        while (Gather(buffer.FirstSpan, batch, batch.FreeKeys, ref buffer) && !batch.IsFull && !buffer.FirstSpan.IsEmpty)
        {
        }
    }

    private bool Gather(ReadOnlySpan<byte> bytes, LookupBatch batch, Span<Guid> free, ref ReadOnlySequence<byte> buffer)
    {
        int count = RespRequestParser.ReadPlainGets(bytes, keys.RequireVersion4, free, out int consumed);
        batch.Commit(count);
        keys.Counters.Requests += count;
        buffer = buffer.Slice(consumed);
        return count > 0;
    }
}
