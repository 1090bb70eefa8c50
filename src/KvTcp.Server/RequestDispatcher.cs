using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KvTcp.Protocol;
using KvTcp.Store;

namespace KvTcp.Server;

/// <summary>
/// Answers the requests of one connection: received bytes in, reply bytes out. It knows no sockets and never waits, so tests
/// drive it with plain buffers. One thread at a time.
/// </summary>
/// <remarks>
/// <para>
/// Runs of GETs are not looked up one by one but gathered into a <see cref="LookupBatch"/>, because a batch overlaps the cache
/// misses of its keys. Whatever is not a GET first has the batch before it answered, so replies keep their order.
/// </para>
/// <para>
/// One drain writes at most about <see cref="MaxOutput"/> bytes, whatever is asked for. Where that ends an answer early, even
/// within a value, the rest stays here: the batch with its position, the lease that keeps its dataset in memory, and, for MGET,
/// the arguments not yet read, which stay in the received bytes.
/// </para>
/// </remarks>
internal sealed class RequestDispatcher : IDisposable
{
    /// <summary>How many bytes one drain writes before it asks for a flush.</summary>
    public const int MaxOutput = 64 * 1024;

    /// <summary>The longest line that may be a GET with a valid key, spaces included. A longer one takes the general path.</summary>
    private const int LongestGet = 128;

    private readonly ServerOptions _options;
    private readonly ServedDataset _served;
    private readonly CommandReplies _replies;
    private readonly bool _gathersGets;
    private LookupBatch? _batch;
    private DatasetLease _lease;
    private bool _isLeased;
    private bool _isInMGet;
    private bool _isPastStart;
    private long _searched;

    /// <summary>Makes the dispatcher of a new connection.</summary>
    /// <param name="options">The limits, and which keys are accepted.</param>
    /// <param name="served">What to answer from.</param>
    /// <param name="replies">Answers the commands that look up no key.</param>
    public RequestDispatcher(ServerOptions options, ServedDataset served, CommandReplies replies)
    {
        _options = options;
        _served = served;
        _replies = replies;
        _gathersGets = options.MaxRequestLine >= LongestGet;
    }

    /// <summary>What this connection has done.</summary>
    public ConnectionCounters Counters { get; } = new();

    /// <summary>Answers every complete request at the front of a buffer.</summary>
    /// <param name="buffer">The received bytes; on return it starts at the first byte still needed.</param>
    /// <param name="output">Receives the replies; the caller flushes.</param>
    /// <returns>How to go on.</returns>
    public DrainStatus Drain(ref ReadOnlySequence<byte> buffer, IBufferWriter<byte> output)
    {
        long received = buffer.Length;
        if (!_isPastStart && StartsTlsHandshake(buffer))
        {
            return DrainStatus.Close;
        }

        ReplyWriter writer = new(output);
        _batch ??= LookupBatch.Rent();
        DrainStatus status = DrainRequests(ref buffer, ref writer, _batch);
        writer.Complete();
        _isPastStart |= received > 1 || buffer.Length < received;
        if (status != DrainStatus.OutputFull)
        {
            Release();
        }

        return status;
    }

    /// <summary>Answers what is left when the client has ended its side: nothing, or a line without its LF.</summary>
    /// <param name="rest">The received bytes after the last complete request.</param>
    /// <param name="output">Receives the reply.</param>
    public void FinishInput(in ReadOnlySequence<byte> rest, IBufferWriter<byte> output)
    {
        if (!rest.IsEmpty)
        {
            Counters.Requests++;
            WriteError(output, ErrorCode.Args, ErrorText.Unterminated);
        }
    }

    /// <summary>Writes an error reply outside a drain.</summary>
    /// <param name="output">Receives the reply.</param>
    /// <param name="code">The code.</param>
    /// <param name="text">The explanation.</param>
    public void WriteError(IBufferWriter<byte> output, ErrorCode code, ReadOnlySpan<byte> text)
    {
        ReplyWriter writer = new(output);
        Refuse(ref writer, code, text);
        writer.Complete();
    }

    /// <summary>Lets go of the batch and of the dataset.</summary>
    public void Dispose() => Release();

    private DrainStatus DrainRequests(ref ReadOnlySequence<byte> buffer, ref ReplyWriter writer, LookupBatch batch)
    {
        for (; ; )
        {
            if (!batch.TryWriteReplies(ref writer, MaxOutput))
            {
                return DrainStatus.OutputFull;
            }

            if (buffer.IsEmpty)
            {
                return DrainStatus.NeedInput;
            }

            if (_isInMGet)
            {
                if (!TryContinueMGet(ref buffer, ref writer, batch))
                {
                    return DrainStatus.OutputFull;
                }

                continue;
            }

            if (_gathersGets)
            {
                GatherGets(ref buffer, batch);
            }

            if (!batch.IsEmpty)
            {
                Resolve(batch);
                continue;
            }

            if (writer.Written >= MaxOutput)
            {
                return DrainStatus.OutputFull;
            }

            ReadOnlySequence<byte> start = buffer;
            switch (LineFraming.TryReadLine(ref buffer, _options.MaxRequestLine, ref _searched, out ReadOnlySequence<byte> line))
            {
                case FramingStatus.Incomplete:
                    return DrainStatus.NeedInput;
                case FramingStatus.TooLong:
                    Counters.Requests++;
                    Refuse(ref writer, ErrorCode.TooLong, ErrorText.TooLong);
                    return DrainStatus.Close;
            }

            byte[]? rented = null;
            bool goesOn = Execute(Join(line, ref rented), start, ref buffer, ref writer, batch);
            GiveBack(rented);
            if (!goesOn)
            {
                return DrainStatus.Close;
            }
        }
    }

    /// <summary>Moves the run of GETs with valid keys at the front of the buffer into the batch, as far as they fit.</summary>
    private void GatherGets(ref ReadOnlySequence<byte> buffer, LookupBatch batch)
    {
        while (!batch.IsFull)
        {
            int count = RequestParser.ReadPlainGets(buffer.FirstSpan, _options.RequireVersion4, batch.FreeKeys, out int consumed);
            if (count > 0)
            {
                batch.Commit(count);
                Counters.Requests += count;
                buffer = buffer.Slice(consumed);
                _searched = 0;
                if (batch.IsFull || buffer.IsEmpty)
                {
                    return;
                }
            }

            // The run has met the end of a segment, or a GET with other spaces, or its end.
            ReadOnlySequence<byte> rest = buffer;
            if (LineFraming.TryReadLine(ref rest, LongestGet, ref _searched, out ReadOnlySequence<byte> line) != FramingStatus.Line
                || !TryParseGet(line, out Guid key))
            {
                return;
            }

            batch.Add(key);
            Counters.Requests++;
            buffer = rest;
        }
    }

    private bool TryParseGet(in ReadOnlySequence<byte> line, out Guid key)
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
            && RequestParser.TryParseKey(request.Arguments, _options.RequireVersion4, out key);
    }

    /// <summary>Answers one line; the batch is empty.</summary>
    /// <param name="line">The line.</param>
    /// <param name="start">The received bytes, starting at the line.</param>
    /// <param name="buffer">The received bytes after the line; MGET sets it back to its arguments.</param>
    /// <param name="writer">Receives the reply.</param>
    /// <param name="batch">An empty batch.</param>
    /// <returns>Whether the connection goes on.</returns>
    private bool Execute(
        scoped ReadOnlySpan<byte> line,
        in ReadOnlySequence<byte> start,
        ref ReadOnlySequence<byte> buffer,
        ref ReplyWriter writer,
        LookupBatch batch)
    {
        RequestStatus status = RequestParser.Parse(line, out Request request);
        Counters.Requests += status == RequestStatus.Blank ? 0 : 1;
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

        switch (request.Command)
        {
            case Command.Get when RequestParser.TryParseKey(request.Arguments, _options.RequireVersion4, out Guid key):
                // It was not gathered, because its line is longer than a gathered one may be.
                batch.Add(key);
                Resolve(batch);
                return true;
            case Command.Get:
                WriteBadKey(ref writer);
                return true;
            case Command.MGet:
                writer.WriteLines(RequestParser.CountArguments(request.Arguments));
                buffer = start.Slice(Unsafe.ByteOffset(
                    in MemoryMarshal.GetReference(line), in MemoryMarshal.GetReference(request.Arguments)));
                _isInMGet = true;
                return true;
            case Command.Exists:
                WriteExists(request.Arguments, ref writer, batch);
                return true;
            case Command.Reload or Command.Rollback:
                Refuse(ref writer, ErrorCode.Refused, ErrorText.NoReload);
                return true;
            case Command.Auth:
                Refuse(ref writer, ErrorCode.Refused, ErrorText.NoToken);
                return true;
            default:
                _replies.Write(request.Command, ref writer);
                return request.Command != Command.Quit;
        }
    }

    /// <summary>Goes on with an MGET whose arguments not yet answered are the first line of the buffer.</summary>
    /// <returns>Whether it is finished; if not, the output is full.</returns>
    private bool TryContinueMGet(ref ReadOnlySequence<byte> buffer, ref ReplyWriter writer, LookupBatch batch)
    {
        ReadOnlySequence<byte> rest = buffer;
        FramingStatus status = LineFraming.TryReadLine(ref rest, _options.MaxRequestLine, ref _searched, out ReadOnlySequence<byte> line);
        Debug.Assert(status == FramingStatus.Line, "The line was complete when its MGET began.");

        byte[]? rented = null;
        ReadOnlySpan<byte> whole = RequestParser.TrimLine(Join(line, ref rented));
        ReadOnlySpan<byte> arguments = whole;
        bool hasRoom = true;
        while (hasRoom && !arguments.IsEmpty)
        {
            ReadOnlySpan<byte> next = arguments;
            while (!batch.IsFull && RequestParser.TryReadArgument(ref next, out ReadOnlySpan<byte> argument)
                && RequestParser.TryParseKey(argument, _options.RequireVersion4, out Guid key))
            {
                batch.Add(key);
                arguments = next;
            }

            if (batch.IsEmpty)
            {
                WriteBadKey(ref writer);
                arguments = next;
                hasRoom = writer.Written < MaxOutput;
            }
            else
            {
                Resolve(batch);
                hasRoom = batch.TryWriteReplies(ref writer, MaxOutput);
            }
        }

        // Full in the middle: the arguments that are not yet in the batch stay in the buffer.
        _isInMGet = !arguments.IsEmpty;
        buffer = _isInMGet ? buffer.Slice(whole.Length - arguments.Length) : rest;
        GiveBack(rented);
        return hasRoom;
    }

    private void WriteExists(scoped ReadOnlySpan<byte> arguments, ref ReplyWriter writer, LookupBatch batch)
    {
        if (!AreKeys(arguments))
        {
            WriteBadKey(ref writer);
            return;
        }

        long hits = 0;
        while (!arguments.IsEmpty)
        {
            while (!batch.IsFull && RequestParser.TryReadArgument(ref arguments, out ReadOnlySpan<byte> argument))
            {
                bool isKey = RequestParser.TryParseKey(argument, _options.RequireVersion4, out Guid key);
                Debug.Assert(isKey);
                batch.Add(key);
            }

            hits += Resolve(batch);
            batch.Clear();
        }

        writer.WriteOk(hits);
    }

    private bool AreKeys(ReadOnlySpan<byte> arguments)
    {
        while (RequestParser.TryReadArgument(ref arguments, out ReadOnlySpan<byte> argument))
        {
            if (!RequestParser.TryParseKey(argument, _options.RequireVersion4, out _))
            {
                return false;
            }
        }

        return true;
    }

    private int Resolve(LookupBatch batch)
    {
        if (!_isLeased)
        {
            _isLeased = _served.Dataset.TryAcquire(out _lease);
            ObjectDisposedException.ThrowIf(!_isLeased, _served.Dataset);
        }

        int hits = batch.Resolve(_lease.Dataset);
        Counters.KeyHits += hits;
        Counters.KeyMisses += batch.Count - hits;
        return hits;
    }

    private void WriteBadKey(ref ReplyWriter writer)
    {
        Counters.KeyErrors++;
        writer.WriteError(ErrorCode.BadKey, _options.RequireVersion4 ? ErrorText.BadKeyVersion4 : ErrorText.BadKey);
    }

    private void Refuse(ref ReplyWriter writer, ErrorCode code, ReadOnlySpan<byte> text)
    {
        Counters.RequestErrors++;
        writer.WriteError(code, text);
    }

    private void Release()
    {
        if (_batch is not null)
        {
            LookupBatch.Return(_batch);
            _batch = null;
        }

        if (_isLeased)
        {
            _isLeased = false;
            _lease.Dispose();
            _lease = default;
        }
    }

    // TLSPlaintext = ContentType handshake (22), legacy_record_version (3, x), ...          RFC 8446 section 5.1
    private static bool StartsTlsHandshake(in ReadOnlySequence<byte> buffer)
    {
        Span<byte> start = stackalloc byte[2];
        if (buffer.Length < start.Length)
        {
            return false;
        }

        buffer.Slice(0, start.Length).CopyTo(start);
        return start is [22, 3];
    }

    private static ReadOnlySpan<byte> Join(ReadOnlySequence<byte> line, ref byte[]? rented)
    {
        if (line.IsSingleSegment)
        {
            return line.FirstSpan;
        }

        rented = ArrayPool<byte>.Shared.Rent((int)line.Length);
        line.CopyTo(rented);
        return rented.AsSpan(0, (int)line.Length);
    }

    private static void GiveBack(byte[]? rented)
    {
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
