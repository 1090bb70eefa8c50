using System.Buffers;
using System.Diagnostics;
using System.Net;
using KvTcp.Protocol;
using KvTcp.Protocol.Resp;
using KvTcp.Server.Metrics;

namespace KvTcp.Server.Resp;

/// <summary>
/// Answers the requests of one connection that speaks RESP: received bytes in, reply bytes out. One thread at a time.
/// </summary>
/// <remarks>
/// <para>
/// Arguments are consumed as they arrive, and none is waited for that is longer than what its command can use: keys are looked up while
/// the rest of their request is still under way, a value that somebody wants to write is thrown away. So a request takes no
/// memory that grows with it. <see cref="Argument"/> says what becomes of the next one.
/// </para>
/// <para>
/// Runs of GETs are gathered into a <see cref="LookupBatch"/> and looked up together; one drain writes at most about
/// <see cref="RequestDispatcher.MaxOutput"/> bytes, for the reasons given there.
/// </para>
/// </remarks>
internal sealed class RespDispatcher : ProtocolDispatcher
{
    private const int UuidLength = UuidText.Length;

    private readonly KeyLookups _keys;
    private readonly ConnectionAccess _access;
    private readonly RespSessions _sessions;
    private readonly RespSession _session;
    private readonly RespKeyCommands _keyCommands;
    private readonly RespPlainCommands _plainCommands;
    private readonly RespGets _gets;
    private readonly RespArguments _arguments = new();
    private Argument _next = Argument.Count;
    private int _slot;

    /// <summary>Makes the dispatcher of a new connection.</summary>
    /// <param name="replies">Answers the commands that are not about keys alone.</param>
    /// <param name="access">What the connection may ask for.</param>
    /// <param name="keys">Its access to the dataset.</param>
    /// <param name="remote">The client's end of the connection, if it has a name.</param>
    /// <param name="local">The server's end.</param>
    public RespDispatcher(
        RespCommandReplies replies,
        ConnectionAccess access,
        KeyLookups keys,
        EndPoint? remote,
        EndPoint? local)
    {
        _keys = keys;
        _gets = new RespGets(keys);
        _access = access;
        _sessions = replies.Sessions;
        _session = _sessions.Open(remote, local);
        _keyCommands = new RespKeyCommands(keys);
        _plainCommands = new RespPlainCommands(new RespConnection(_session, access, keys), replies);
    }

    /// <summary>What the next bytes are.</summary>
    private enum Argument : byte
    {
        /// <summary>The header of a request.</summary>
        Count,

        /// <summary>The word of a command.</summary>
        Word,

        /// <summary>A key to look up.</summary>
        Key,

        /// <summary>An argument to keep until the request is complete.</summary>
        Kept,
    }

    /// <summary>Whether elements of the last array have still to come: anything else written now would be taken for one of them.</summary>
    private bool IsInArray => _next == Argument.Key && _keyCommands.IsReplyUnderWay;

    /// <inheritdoc/>
    public override bool IsPenalized => _access.Penalty is not null;

    /// <inheritdoc/>
    public override Task WaitAsync() => _access.Penalty ?? _keys.WaitAsync();

    /// <inheritdoc/>
    public override DrainStatus Drain(ref ReadOnlySequence<byte> buffer, IBufferWriter<byte> output)
    {
        RespWriter writer = new(output, _session.IsResp3);
        DrainStatus status;
        long wholeReplies = IsReplyUnderWay ? NoWholeReply : 0;
        try
        {
            status = DrainRequests(ref buffer, ref writer, _keys.Batch, ref wholeReplies);
            IsReplyUnderWay = status == DrainStatus.OutputFull || IsInArray;
        }
        catch
        {
            IsReplyUnderWay = IsInArray || writer.Written != wholeReplies;
            throw;
        }
        finally
        {
            // Also the replies to what came before a bug: the next thing written would be taken for the first of them.
            writer.Complete();
        }

        if (status != DrainStatus.OutputFull && !_keys.IsWaiting)
        {
            // The keys of a request are looked up in one dataset, though some have still to come.
            _keys.Release(keepsDataset: _next == Argument.Key);
        }

        return status;
    }

    /// <inheritdoc/>
    public override void FinishInput(IBufferWriter<byte> output)
    {
        // As with Redis: who ends in the middle of a request expects no reply to it.
    }

    /// <inheritdoc/>
    public override void WriteError(IBufferWriter<byte> output, ErrorCode code, ReadOnlySpan<byte> text)
    {
        RespWriter writer = new(output, _session.IsResp3);
        writer.WriteError([.. "ERR "u8, .. text]);
        writer.Complete();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _sessions.Close(_session);
        base.Dispose();
    }

    /// <param name="buffer">The received bytes.</param>
    /// <param name="writer">Receives the replies.</param>
    /// <param name="batch">The connection's batch.</param>
    /// <param name="wholeReplies">How much of what is written are whole replies, or <see cref="ProtocolDispatcher.NoWholeReply"/>.</param>
    private DrainStatus DrainRequests(
        ref ReadOnlySequence<byte> buffer, ref RespWriter writer, LookupBatch batch, ref long wholeReplies)
    {
        if (_access.Penalty is not null)
        {
            _plainCommands.EndPenalty(ref writer);
        }

        for (; ; )
        {
            if (!TryAnswerBatch(ref writer))
            {
                return _keys.IsWaiting ? DrainStatus.Waiting : DrainStatus.OutputFull;
            }

            if (_next != Argument.Count && _arguments.Left == 0)
            {
                Finish(ref writer);
            }

            wholeReplies = writer.Written;
            if (_plainCommands.HasQuit)
            {
                return DrainStatus.Close;
            }

            if (_access.Penalty is not null)
            {
                return DrainStatus.Waiting;
            }

            if (buffer.IsEmpty)
            {
                return DrainStatus.NeedInput;
            }

            if (_next == Argument.Count && !_arguments.IsSkipping && _access.IsAdmitted)
            {
                _gets.Gather(ref buffer, batch);
                if (!batch.IsEmpty)
                {
                    _gets.RefuseWhileNothingIsServed(ref writer);
                    continue;
                }
            }

            if (writer.Written >= RequestDispatcher.MaxOutput)
            {
                return DrainStatus.OutputFull;
            }

            switch (ReadNext(ref buffer, ref writer))
            {
                case RespReadStatus.Done:
                    break;
                case RespReadStatus.Incomplete:
                    return DrainStatus.NeedInput;
                case RespReadStatus error:
                    _keys.Counters.RequestErrors++;
                    if (!IsInArray)
                    {
                        writer.WriteError(RespErrorText.Protocol(error));
                    }

                    return DrainStatus.Close;
            }
        }
    }

    private bool TryAnswerBatch(ref RespWriter writer) => _next == Argument.Key
        ? _keyCommands.TryAnswerBatch(ref writer, RequestDispatcher.MaxOutput)
        : _keys.TryAnswerBatch(ref writer, RequestDispatcher.MaxOutput);

    /// <summary>Takes the next piece of a request.</summary>
    private RespReadStatus ReadNext(ref ReadOnlySequence<byte> buffer, ref RespWriter writer)
    {
        if (_arguments.IsSkipping)
        {
            _arguments.Skip(ref buffer);
            return RespReadStatus.Done;
        }

        return _next switch
        {
            Argument.Count => ReadCount(ref buffer),
            Argument.Word => ReadWord(ref buffer, ref writer),
            Argument.Key => ReadKeys(ref buffer, ref writer),
            _ => ReadKept(ref buffer),
        };
    }

    private RespReadStatus ReadCount(ref ReadOnlySequence<byte> buffer)
    {
        RespReadStatus status = _arguments.ReadCount(ref buffer);
        _next = _arguments.Left > 0 ? Argument.Word : Argument.Count;
        return status;
    }

    private RespReadStatus ReadWord(ref ReadOnlySequence<byte> buffer, ref RespWriter writer)
    {
        int count = _arguments.Left;
        RespReadStatus status = _arguments.Read(ref buffer, RespCommandTable.LongestWord, out ReadOnlySequence<byte> argument);
        if (status != RespReadStatus.Done)
        {
            return status;
        }

        _keys.Counters.Requests++;
        Span<byte> copy = stackalloc byte[RespCommandTable.LongestWord];
        argument.CopyTo(copy);
        ReadOnlySpan<byte> word = copy.Slice(0, (int)argument.Length);
        RespCommandInfo? command = RespCommandTable.Find(word);
        RespRefusal refusal = FindRefusal(command, count);
        if (refusal == RespRefusal.None && command!.TakesKeys)
        {
            _next = Argument.Key;
            _keyCommands.Start(command.Command, count - 1, ref writer);
            if (command.Command != RespCommand.Get)
            {
                _keys.Commands.Add(CommandSlots.Of(command.Command), isRefused: false);
            }
        }
        else
        {
            _next = Argument.Kept;
            _slot = CommandSlots.Of(command?.Command ?? RespCommand.None);
            _plainCommands.Start(command, word, refusal);
            if (refusal == RespRefusal.TooManyKeys)
            {
                _access.Note(Refusal.TooManyKeys);
            }
        }

        return status;
    }

    // In the order in which Redis looks for reasons.
    private RespRefusal FindRefusal(RespCommandInfo? command, int count) => command switch
    {
        null => RespRefusal.UnknownCommand,
        _ when !command.Takes(count) => RespRefusal.WrongArguments,
        _ when !_access.IsAdmitted && !command.IsForEverybody => RespRefusal.NoAuth,
        { TakesManyKeys: true } when count - 1 > _keys.MaxKeys => RespRefusal.TooManyKeys,
        { Command: RespCommand.Write } => RespRefusal.Write,
        { IsAboutDataset: true } when !_keys.WhyNothingIsServed().IsEmpty => RespRefusal.Loading,
        { NeedsDataset: true } when _keys.Engine is not null => RespRefusal.NoDataset,
        _ => RespRefusal.None,
    };

    private RespReadStatus ReadKept(ref ReadOnlySequence<byte> buffer)
    {
        RespReadStatus status = _arguments.Read(ref buffer, _plainCommands.Room, out ReadOnlySequence<byte> argument);
        if (status == RespReadStatus.Done)
        {
            _plainCommands.Add(argument, isKept: !_arguments.IsSkipping);
        }

        return status;
    }

    /// <summary>Gathers the keys that have arrived, as many as fit in a batch, or answers one that is no UUID.</summary>
    private RespReadStatus ReadKeys(ref ReadOnlySequence<byte> buffer, ref RespWriter writer)
    {
        LookupBatch batch = _keys.Batch;
        Debug.Assert(batch.IsEmpty);
        RespReadStatus status = RespReadStatus.Done;
        while (_arguments.Left > 0 && !batch.IsFull)
        {
            ReadOnlySequence<byte> start = buffer;
            status = _arguments.Read(ref buffer, UuidLength, out ReadOnlySequence<byte> argument);
            if (status != RespReadStatus.Done)
            {
                break;
            }

            if (!_arguments.IsSkipping && TryParseKey(argument, out Guid key))
            {
                batch.Add(key);
                continue;
            }

            if (batch.IsEmpty)
            {
                _keyCommands.AnswerMalformed(ref writer);
            }
            else
            {
                // First those before it.
                buffer = start;
                _arguments.PutBack();
            }

            break;
        }

        // Whatever has ended a batch is met again when it is answered, with no key before it.
        return batch.IsEmpty ? status : RespReadStatus.Done;
    }

    private bool TryParseKey(in ReadOnlySequence<byte> argument, out Guid key)
    {
        if (argument.IsSingleSegment)
        {
            return _keys.TryParse(argument.FirstSpan, out key);
        }

        Span<byte> copy = stackalloc byte[UuidLength];
        argument.CopyTo(copy);
        return _keys.TryParse(copy.Slice(0, (int)argument.Length), out key);
    }

    /// <summary>Answers a request whose last argument has been taken.</summary>
    private void Finish(ref RespWriter writer)
    {
        if (_next == Argument.Key)
        {
            _keyCommands.Finish(ref writer);
        }
        else
        {
            bool isRefused = !_plainCommands.Finish(ref writer);
            _keys.Counters.RequestErrors += isRefused ? 1 : 0;
            _keys.Commands.Add(_slot, isRefused);
        }

        _next = Argument.Count;
    }
}
