using System.Buffers;
using System.Diagnostics;
using KvTcp.Protocol;

namespace KvTcp.Server;

/// <summary>Answers MGET and EXISTS of one connection. One thread at a time.</summary>
/// <remarks>
/// The reply to an MGET may be larger than what one drain may write. It is then under way: the arguments not yet looked up stay in
/// the received bytes, as a line that starts with the next of them, and <see cref="TryContinueMGet"/> goes on with that line.
/// </remarks>
/// <param name="keys">The connection's access to the dataset.</param>
internal sealed class MultiKeyRequests(KeyLookups keys)
{
    /// <summary>Whether an MGET is under way; no other request may be answered then.</summary>
    public bool IsInMGet { get; private set; }

    /// <summary>Begins the reply to an MGET. The received bytes must then be set back to its first argument.</summary>
    /// <param name="arguments">All its arguments.</param>
    /// <param name="writer">Receives the start of the reply.</param>
    public void StartMGet(scoped ReadOnlySpan<byte> arguments, ref ReplyWriter writer)
    {
        writer.WriteLines(RequestParser.CountArguments(arguments));
        IsInMGet = true;
    }

    /// <summary>Goes on with the MGET that is under way.</summary>
    /// <param name="buffer">The received bytes, which start at the first argument not yet looked up.</param>
    /// <param name="writer">Receives replies.</param>
    /// <param name="maxOutput">How much the writer may have written in all.</param>
    /// <returns>Whether there was room for all that was looked up; if not, the batch keeps the rest.</returns>
    public bool TryContinueMGet(ref ReadOnlySequence<byte> buffer, ref ReplyWriter writer, int maxOutput)
    {
        ReadOnlySequence<byte> rest = buffer;
        long searched = 0;
        FramingStatus status = LineFraming.TryReadLine(ref rest, int.MaxValue, ref searched, out ReadOnlySequence<byte> line);
        Debug.Assert(status == FramingStatus.Line, "The line was complete when its MGET began.");

        using ContiguousLine joined = new(line);
        ReadOnlySpan<byte> all = RequestParser.TrimLine(joined.Text);
        ReadOnlySpan<byte> arguments = all;
        bool hasRoom = true;
        while (hasRoom && !arguments.IsEmpty)
        {
            hasRoom = TryAnswerSome(ref arguments, ref writer, maxOutput);
        }

        IsInMGet = !arguments.IsEmpty;
        buffer = IsInMGet ? buffer.Slice(all.Length - arguments.Length) : rest;
        return hasRoom;
    }

    /// <summary>Answers EXISTS.</summary>
    /// <param name="arguments">All its arguments.</param>
    /// <param name="writer">Receives the reply.</param>
    public void WriteExists(scoped ReadOnlySpan<byte> arguments, ref ReplyWriter writer)
    {
        if (!AreKeys(arguments))
        {
            keys.WriteBadKey(ref writer);
            return;
        }

        long hits = 0;
        while (!arguments.IsEmpty)
        {
            GatherKeys(ref arguments);
            hits += keys.Resolve();
            keys.Batch.Clear();
        }

        writer.WriteOk(hits);
    }

    /// <summary>Answers the keys that fit in a batch, or one malformed key.</summary>
    private bool TryAnswerSome(ref ReadOnlySpan<byte> arguments, ref ReplyWriter writer, int maxOutput)
    {
        GatherKeys(ref arguments);
        if (!keys.Batch.IsEmpty)
        {
            keys.Resolve();
            return keys.Batch.TryWriteReplies(ref writer, maxOutput);
        }

        RequestParser.TryReadArgument(ref arguments, out _);
        keys.WriteBadKey(ref writer);
        return writer.Written < maxOutput;
    }

    /// <summary>Moves arguments into the batch, up to a full batch or a malformed key.</summary>
    private void GatherKeys(ref ReadOnlySpan<byte> arguments)
    {
        ReadOnlySpan<byte> rest = arguments;
        while (!keys.Batch.IsFull && RequestParser.TryReadArgument(ref rest, out ReadOnlySpan<byte> argument) && keys.TryParse(argument, out Guid key))
        {
            keys.Batch.Add(key);
            arguments = rest;
        }
    }

    private bool AreKeys(ReadOnlySpan<byte> arguments)
    {
        while (RequestParser.TryReadArgument(ref arguments, out ReadOnlySpan<byte> argument))
        {
            if (!keys.TryParse(argument, out _))
            {
                return false;
            }
        }

        return true;
    }
}
