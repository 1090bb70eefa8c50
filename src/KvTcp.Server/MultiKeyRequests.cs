using System.Buffers;
using System.Diagnostics;
using KvTcp.Protocol;

namespace KvTcp.Server;

/// <summary>Answers MGET and EXISTS of one connection. One thread at a time.</summary>
/// <remarks>
/// The reply to an MGET may be larger than what one drain may write, and an engine may have to be waited for. The request is then under way: the
/// arguments not yet looked up stay in the received bytes, as a line that starts with the next of them, and <see cref="TryContinue"/> goes on
/// with that line when <see cref="TryAnswerBatch"/> has answered those before.
/// </remarks>
/// <param name="keys">The connection's access to the dataset.</param>
internal sealed class MultiKeyRequests(KeyLookups keys)
{
    private bool _isInExists;
    private HitCount _count;

    /// <summary>Whether an MGET is under way, whose next reply has to come before anything else.</summary>
    public bool IsInMGet { get; private set; }

    /// <summary>Whether a request is under way; no other may be answered then.</summary>
    public bool IsUnderWay => IsInMGet || _isInExists;

    /// <summary>Begins to answer a request.</summary>
    /// <param name="command">MGET or EXISTS.</param>
    /// <param name="arguments">All its arguments.</param>
    /// <param name="writer">Receives the start of the reply.</param>
    /// <returns>Whether it is under way; the received bytes must then be set back to its first argument. If not, it is answered.</returns>
    public bool TryStart(Command command, scoped ReadOnlySpan<byte> arguments, ref ReplyWriter writer)
    {
        if (command == Command.MGet)
        {
            writer.WriteLines(RequestParser.CountArguments(arguments));
            IsInMGet = true;
        }
        else if (AreKeys(arguments))
        {
            _count = default;
            _isInExists = true;
        }
        else
        {
            keys.WriteBadKey(ref writer);
        }

        return IsUnderWay;
    }

    /// <summary>Answers the keys of the batch.</summary>
    /// <param name="writer">Receives replies.</param>
    /// <param name="maxOutput">How much the writer may have written in all.</param>
    /// <returns>Whether the batch is empty; if not, there is no room, or an engine has to be waited for.</returns>
    public bool TryAnswerBatch(ref ReplyWriter writer, int maxOutput) =>
        _isInExists ? keys.TryAnswerBatch(ref _count, long.MaxValue) : keys.TryAnswerBatch(ref writer, maxOutput);

    /// <summary>Goes on with the request that is under way; the batch is empty.</summary>
    /// <param name="buffer">The received bytes, which start at the first argument not yet looked up.</param>
    /// <param name="writer">Receives replies.</param>
    /// <param name="maxOutput">How much the writer may have written in all.</param>
    /// <returns>Whether all that was looked up is answered; if not, the batch keeps the rest.</returns>
    public bool TryContinue(ref ReadOnlySequence<byte> buffer, ref ReplyWriter writer, int maxOutput)
    {
        ReadOnlySequence<byte> rest = buffer;
        long searched = 0;
        FramingStatus status = LineFraming.TryReadLine(ref rest, int.MaxValue, ref searched, out ReadOnlySequence<byte> line);
        Debug.Assert(status == FramingStatus.Line, "The line was complete when its request began.");

        using ContiguousLine joined = new(line);
        ReadOnlySpan<byte> all = RequestParser.TrimLine(joined.Text);
        ReadOnlySpan<byte> arguments = all;
        bool isAnswered = true;
        while (isAnswered && !arguments.IsEmpty)
        {
            isAnswered = TryAnswerSome(ref arguments, ref writer, maxOutput);
        }

        if (arguments.IsEmpty && isAnswered)
        {
            Finish(ref writer);
            buffer = rest;
        }
        else
        {
            buffer = buffer.Slice(all.Length - arguments.Length);
        }

        return isAnswered;
    }

    private void Finish(ref ReplyWriter writer)
    {
        if (_isInExists && _count.Failure is (ErrorCode code, byte[] text))
        {
            writer.WriteError(code, text);
        }
        else if (_isInExists)
        {
            writer.WriteOk(_count.Hits);
        }

        (IsInMGet, _isInExists) = (false, false);
    }

    /// <summary>Answers the keys that fit in a batch, or one malformed key.</summary>
    private bool TryAnswerSome(ref ReadOnlySpan<byte> arguments, ref ReplyWriter writer, int maxOutput)
    {
        GatherKeys(ref arguments);
        if (!keys.Batch.IsEmpty)
        {
            return TryAnswerBatch(ref writer, maxOutput);
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
