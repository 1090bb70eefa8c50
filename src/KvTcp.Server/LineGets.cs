using System.Buffers;
using KvTcp.Protocol;

namespace KvTcp.Server;

/// <summary>Gathers runs of GETs of a connection that speaks the line protocol into its batch. The only state is the connection's.</summary>
internal static class LineGets
{
    /// <summary>The longest line that may be a GET with a valid key, spaces included. A longer one takes the general path.</summary>
    public const int LongestGet = 128;

    /// <summary>Moves the run of GETs with valid keys at the front of the buffer into the batch, as far as they fit.</summary>
    /// <param name="keys">The connection's access to the dataset.</param>
    /// <param name="buffer">The received bytes.</param>
    /// <param name="batch">The connection's batch.</param>
    /// <param name="searched">How much of the line at the front has been searched for its end.</param>
    public static void Gather(KeyLookups keys, ref ReadOnlySequence<byte> buffer, LookupBatch batch, ref long searched)
    {
        while (!batch.IsFull)
        {
            int count = RequestParser.ReadPlainGets(buffer.FirstSpan, keys.RequireVersion4, batch.FreeKeys, out int consumed);
            if (count > 0)
            {
                batch.Commit(count);
                keys.Counters.Requests += count;
                buffer = buffer.Slice(consumed);
                searched = 0;
                if (batch.IsFull || buffer.IsEmpty)
                {
                    return;
                }
            }

            // The run has met the end of a segment, or a GET with other spaces, or its end.
            ReadOnlySequence<byte> rest = buffer;
            if (LineFraming.TryReadLine(ref rest, LongestGet, ref searched, out ReadOnlySequence<byte> line) != FramingStatus.Line
                || !TryParse(keys, line, out Guid key))
            {
                return;
            }

            batch.Add(key);
            keys.Counters.Requests++;
            buffer = rest;
        }
    }

    private static bool TryParse(KeyLookups keys, in ReadOnlySequence<byte> line, out Guid key)
    {
        Span<byte> joined = stackalloc byte[LongestGet];
        scoped ReadOnlySpan<byte> text = line.FirstSpan;
        if (!line.IsSingleSegment)
        {
            line.CopyTo(joined);
            text = joined.Slice(0, (int)line.Length);
        }

        key = default;
        return RequestParser.Parse(text, out Request request) == RequestStatus.Request
            && request.Command == Command.Get
            && keys.TryParse(request.Arguments, out key);
    }
}
