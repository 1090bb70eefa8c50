using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using KvTcp.Protocol;
using KvTcp.Server.Metrics;

namespace KvTcp.Server;

/// <summary>
/// Answers the requests of one connection that speaks the line protocol: received bytes in, reply bytes out. One thread at a time.
/// </summary>
/// <remarks>
/// <para>
/// Runs of GETs are not looked up one by one but gathered into a <see cref="LookupBatch"/>, because a batch overlaps the cache
/// misses of its keys. Whatever is not a GET first has the batch before it answered, so replies keep their order.
/// </para>
/// <para>
/// One drain writes at most about <see cref="RequestDispatcher.MaxOutput"/> bytes, whatever is asked for. Where that ends an answer early, even
/// within a value, the rest stays: in the batch, with the lease on its dataset, and for MGET in the received bytes.
/// </para>
/// </remarks>
internal sealed class LineDispatcher : ProtocolDispatcher
{
    private readonly int _maxRequestLine;
    private readonly CommandReplies _replies;
    private readonly ConnectionAccess _access;
    private readonly KeyLookups _keys;
    private long _searched;

    // Made when they are first needed: most connections only ever send GET, and there may be many.
    private OperatorRequests? _operator;
    private MultiKeyRequests? _multiKey;

    /// <summary>Makes the dispatcher of a new connection.</summary>
    /// <param name="options">The limits.</param>
    /// <param name="replies">Answers the commands that look up no key.</param>
    /// <param name="access">What the connection may ask for.</param>
    /// <param name="keys">Its access to the dataset.</param>
    public LineDispatcher(ServerOptions options, CommandReplies replies, ConnectionAccess access, KeyLookups keys)
    {
        Debug.Assert(options.MaxRequestLine >= LineGets.LongestGet);
        _maxRequestLine = options.MaxRequestLine;
        _replies = replies;
        _access = access;
        _keys = keys;
    }

    private OperatorRequests Operator => _operator ??= new OperatorRequests(_access, _replies, _keys.Counters);

    private MultiKeyRequests MultiKey => _multiKey ??= new MultiKeyRequests(_keys);

    /// <inheritdoc/>
    public override bool IsPenalized => _access.Penalty is not null;

    /// <inheritdoc/>
    public override Task WaitAsync() => _keys.IsWaiting ? _keys.WaitAsync() : _operator?.WaitAsync() ?? Task.CompletedTask;

    /// <inheritdoc/>
    public override DrainStatus Drain(ref ReadOnlySequence<byte> buffer, IBufferWriter<byte> output)
    {
        ReplyWriter writer = new(output);
        DrainStatus status;
        long wholeReplies = IsReplyUnderWay ? NoWholeReply : 0;
        try
        {
            status = DrainRequests(ref buffer, ref writer, _keys.Batch, ref wholeReplies);
            IsReplyUnderWay = status == DrainStatus.OutputFull || _multiKey is { IsInMGet: true };
        }
        catch
        {
            IsReplyUnderWay = writer.Written != wholeReplies;
            throw;
        }
        finally
        {
            // Also the replies to what came before a bug: the next thing written would be taken for the first of them.
            writer.Complete();
        }

        if (!IsReplyUnderWay && !_keys.IsWaiting)
        {
            _keys.Release();
        }

        return status;
    }

    /// <inheritdoc/>
    public override void FinishInput(IBufferWriter<byte> output)
    {
        _keys.Counters.Requests++;
        _keys.Counters.RequestErrors++;
        _keys.Commands.Add(CommandSlots.Of(Command.None), isRefused: true);
        WriteError(output, ErrorCode.Args, ErrorText.Unterminated);
    }

    /// <inheritdoc/>
    public override void WriteError(IBufferWriter<byte> output, ErrorCode code, ReadOnlySpan<byte> text)
    {
        ReplyWriter writer = new(output);
        writer.WriteError(code, text);
        writer.Complete();
    }

    /// <param name="buffer">The received bytes.</param>
    /// <param name="writer">Receives the replies.</param>
    /// <param name="batch">The connection's batch.</param>
    /// <param name="wholeReplies">How much of what is written are whole replies, or <see cref="ProtocolDispatcher.NoWholeReply"/>.</param>
    private DrainStatus DrainRequests(
        ref ReadOnlySequence<byte> buffer, ref ReplyWriter writer, LookupBatch batch, ref long wholeReplies)
    {
        if (_operator is { IsWaiting: true } && !_operator.WriteOutcome(ref writer))
        {
            return DrainStatus.Close;
        }

        for (; ; )
        {
            if (!TryAnswerBatch(ref writer))
            {
                return WhatIsMissing;
            }

            wholeReplies = _multiKey is { IsInMGet: true } ? NoWholeReply : writer.Written;
            if (buffer.IsEmpty)
            {
                return DrainStatus.NeedInput;
            }

            if (_multiKey is { IsUnderWay: true })
            {
                if (!_multiKey.TryContinue(ref buffer, ref writer, RequestDispatcher.MaxOutput))
                {
                    return WhatIsMissing;
                }

                continue;
            }

            if (_access.IsAdmitted)
            {
                LineGets.Gather(_keys, ref buffer, batch, ref _searched);
                if (!batch.IsEmpty)
                {
                    RefuseGetsWhileNothingIsServed(ref writer);
                    continue;
                }
            }

            if (writer.Written >= RequestDispatcher.MaxOutput)
            {
                return DrainStatus.OutputFull;
            }

            ReadOnlySequence<byte> start = buffer;
            switch (LineFraming.TryReadLine(ref buffer, MaxRequestLine, ref _searched, out ReadOnlySequence<byte> line))
            {
                case FramingStatus.Incomplete:
                    return DrainStatus.NeedInput;
                case FramingStatus.TooLong:
                    _keys.Counters.Requests++;
                    _keys.Commands.Add(CommandSlots.Of(Command.None), isRefused: true);
                    _access.Note(Refusal.LineTooLong);
                    Refuse(ref writer, ErrorCode.TooLong, ErrorText.TooLong);
                    return DrainStatus.Close;
            }

            using ContiguousLine joined = new(line);
            long errors = _keys.Counters.RequestErrors + _keys.Counters.KeyErrors;
            bool goesOn = Execute(joined.Text, start, ref buffer, ref writer, out int slot);
            bool isRefused = _keys.Counters.RequestErrors + _keys.Counters.KeyErrors != errors;
            if (slot >= 0 && (isRefused || slot != CommandSlots.Of(Command.Get)))
            {
                _keys.Commands.Add(slot, isRefused);
            }

            if (!goesOn)
            {
                return DrainStatus.Close;
            }

            if (_operator is { IsWaiting: true })
            {
                return DrainStatus.Waiting;
            }
        }
    }

    /// <summary>Why an answer could not be completed.</summary>
    private DrainStatus WhatIsMissing => _keys.IsWaiting ? DrainStatus.Waiting : DrainStatus.OutputFull;

    private bool TryAnswerBatch(ref ReplyWriter writer) => _multiKey is { IsUnderWay: true }
        ? _multiKey.TryAnswerBatch(ref writer, RequestDispatcher.MaxOutput)
        : _keys.TryAnswerBatch(ref writer, RequestDispatcher.MaxOutput);

    /// <summary>Answers one line; the batch is empty.</summary>
    /// <param name="line">The line.</param>
    /// <param name="start">The received bytes, starting at the line.</param>
    /// <param name="buffer">The received bytes after the line; MGET and EXISTS set it back to their arguments.</param>
    /// <param name="writer">Receives the reply.</param>
    /// <param name="slot">Where the request counts; -1 for a blank line, which does not.</param>
    /// <returns>Whether the connection goes on.</returns>
    private bool Execute(
        scoped ReadOnlySpan<byte> line, in ReadOnlySequence<byte> start, ref ReadOnlySequence<byte> buffer, ref ReplyWriter writer, out int slot)
    {
        RequestStatus status = RequestParser.Parse(line, out Request request);
        slot = status switch
        {
            RequestStatus.Blank => -1,
            RequestStatus.Request or RequestStatus.WrongArguments => CommandSlots.Of(request.Command),
            _ => CommandSlots.Of(Command.None),
        };
        _keys.Counters.Requests += status == RequestStatus.Blank ? 0 : 1;
        switch (status)
        {
            case RequestStatus.Blank:
                return true;
            case RequestStatus.UnknownCommand:
                Refuse(ref writer, ErrorCode.Unknown, ErrorText.Unknown);
                return true;
            case RequestStatus.WrongArguments:
                Refuse(ref writer, ErrorCode.Args, ErrorText.WrongArguments(request.Command));
                return true;
            case RequestStatus.HttpRequest:
                Refuse(ref writer, ErrorCode.Http, ErrorText.Http);
                return false;
        }

        if (!_access.IsAdmitted && !OperatorRequests.IsForEverybody(request.Command))
        {
            Refuse(ref writer, ErrorCode.NoAuth, ErrorText.NoAuth);
            return true;
        }

        switch (request.Command)
        {
            case Command.MGet or Command.Exists when RequestParser.CountArguments(request.Arguments) > _keys.MaxKeys:
                _access.Note(Refusal.TooManyKeys);
                Refuse(ref writer, ErrorCode.Args, ErrorText.TooManyKeys);
                return true;
            case Command.MGet or Command.Exists or Command.Count when !_keys.WhyNothingIsServed().IsEmpty:
                Refuse(ref writer, ErrorCode.Loading, _keys.WhyNothingIsServed());
                return true;
            case Command.Count when _keys.Engine?.Trouble is string trouble:
                Refuse(ref writer, ErrorCode.Internal, Encoding.UTF8.GetBytes(trouble));
                return true;
            case Command.Get when _keys.TryParse(request.Arguments, out Guid key):
                // It was not gathered, because its line is longer than a gathered one may be.
                _keys.Batch.Add(key);
                RefuseGetsWhileNothingIsServed(ref writer);
                return true;
            case Command.Get:
                _keys.WriteBadKey(ref writer);
                return true;
            case Command.MGet or Command.Exists:
                if (MultiKey.TryStart(request.Command, request.Arguments, ref writer))
                {
                    buffer = start.Slice(Unsafe.ByteOffset(
                        in MemoryMarshal.GetReference(line), in MemoryMarshal.GetReference(request.Arguments)));
                }

                return true;
            case Command.Reload or Command.Rollback:
                Operator.StartReload(request.Command, ref writer);
                return true;
            case Command.Auth:
                Operator.Authenticate(request.Arguments, ref writer);
                return true;
            case Command.Count or Command.Stats or Command.Version:
                _replies.Write(request.Command, _keys.Hold(), ref writer);
                return true;
            default:
                _replies.Write(request.Command, served: null, ref writer);
                return request.Command != Command.Quit;
        }
    }

    /// <summary>Before it has authenticated, a connection can make the server keep less.</summary>
    private int MaxRequestLine => _access.IsAdmitted ? _maxRequestLine : Math.Min(_maxRequestLine, LineFraming.MaxRequestLineBeforeAuth);

    /// <summary>Refuses the GETs of the batch while nothing is loaded.</summary>
    private void RefuseGetsWhileNothingIsServed(ref ReplyWriter writer)
    {
        ReadOnlySpan<byte> why = _keys.WhyNothingIsServed();
        if (why.IsEmpty)
        {
            return;
        }

        for (int i = _keys.Batch.Count; i > 0; i--)
        {
            _keys.Commands.Add(CommandSlots.Of(Command.Get), isRefused: true);
            Refuse(ref writer, ErrorCode.Loading, why);
        }

        _keys.Batch.Clear();
    }

    private void Refuse(ref ReplyWriter writer, ErrorCode code, ReadOnlySpan<byte> text)
    {
        _keys.Counters.RequestErrors++;
        writer.WriteError(code, text);
    }
}
