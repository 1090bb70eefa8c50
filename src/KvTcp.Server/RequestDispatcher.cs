using System.Buffers;
using System.Net;
using KvTcp.Protocol;
using KvTcp.Server.Metrics;
using KvTcp.Server.Resp;

namespace KvTcp.Server;

/// <summary>
/// Answers the requests of one connection, in the protocol that its first byte chooses: received bytes in, reply bytes out. It knows no
/// sockets and never waits, so tests drive it with plain buffers. One thread at a time.
/// </summary>
internal sealed class RequestDispatcher : IDisposable
{
    /// <summary>How many bytes one drain writes before it asks for a flush.</summary>
    /// <remarks>Less than eight blocks of Kestrel's memory pool: .NET's sockets allocate to send more blocks than that at once.</remarks>
    public const int MaxOutput = 28 * 1024;

    private readonly ServerOptions _options;
    private readonly ServerReplies _replies;
    private readonly ConnectionAccess _access;
    private readonly KeyLookups _keys;
    private readonly EndPoint? _local;
    private ProtocolDispatcher? _protocol;

    /// <summary>Makes the dispatcher of a new connection.</summary>
    /// <param name="options">The limits, and which keys are accepted.</param>
    /// <param name="datasets">What to answer from.</param>
    /// <param name="replies">Answers the commands that look up no key.</param>
    /// <param name="remote">The client's end of the connection, if it has a name.</param>
    /// <param name="local">The server's end.</param>
    public RequestDispatcher(
        ServerOptions options, DatasetHolder datasets, ServerReplies replies, EndPoint? remote = null, EndPoint? local = null)
    {
        _options = options;
        _replies = replies;
        _local = local;
        _access = new ConnectionAccess(options.AuthToken, replies.Refusals, remote, local);
        _keys = new KeyLookups(options, datasets, new ConnectionCounters(), replies.Samples, replies.Engine);
    }

    /// <summary>What this connection has done.</summary>
    public ConnectionCounters Counters => _keys.Counters;

    /// <summary>What is known of some requests.</summary>
    public RequestSamples Samples => _replies.Samples;

    /// <summary>Where clients that are turned away are counted.</summary>
    public Refusals Refusals => _replies.Refusals;

    /// <summary>Whether a reply is written in part, and its rest has still to come.</summary>
    public bool IsReplyUnderWay => _protocol is { IsReplyUnderWay: true };

    /// <summary>The dataset that the connection keeps in memory though it is served no more, if any. Any thread may ask.</summary>
    public ServedDataset? OldDataset => _keys.HeldOld;

    /// <summary>Whether the wait is the penalty of a wrong token.</summary>
    public bool IsPenalized => _protocol is { IsPenalized: true };

    /// <summary>Waits, after <see cref="DrainStatus.Waiting"/>, until the next drain can go on.</summary>
    public Task WaitAsync() => _protocol?.WaitAsync() ?? Task.CompletedTask;

    /// <summary>Answers every complete request at the front of a buffer.</summary>
    /// <param name="buffer">The received bytes; on return it starts at the first byte still needed.</param>
    /// <param name="output">Receives the replies; the caller flushes.</param>
    /// <returns>How to go on.</returns>
    public DrainStatus Drain(ref ReadOnlySequence<byte> buffer, IBufferWriter<byte> output)
    {
        if (_protocol is null)
        {
            // TLSPlaintext = ContentType handshake (22), legacy_record_version (3, x), ...          RFC 8446 section 5.1
            Span<byte> start = stackalloc byte[2];
            start = start.Slice(0, (int)Math.Min(buffer.Length, start.Length));
            buffer.Slice(0, start.Length).CopyTo(start);
            switch (start)
            {
                case [22, 3]:
                    return DrainStatus.Close;
                case [] or [22]:
                    return DrainStatus.NeedInput;
            }

            _protocol = Choose(start[0]);
        }

        return _protocol.Drain(ref buffer, output);
    }

    /// <summary>Answers what is left when the client has ended its side, where it is not nothing.</summary>
    /// <param name="rest">The received bytes after the last complete request.</param>
    /// <param name="output">Receives the reply.</param>
    public void FinishInput(in ReadOnlySequence<byte> rest, IBufferWriter<byte> output)
    {
        if (!rest.IsEmpty)
        {
            Protocol.FinishInput(output);
        }
    }

    /// <summary>Writes an error reply outside a drain.</summary>
    /// <param name="output">Receives the reply.</param>
    /// <param name="code">The code.</param>
    /// <param name="text">The explanation.</param>
    public void WriteError(IBufferWriter<byte> output, ErrorCode code, ReadOnlySpan<byte> text)
    {
        Counters.RequestErrors++;
        Protocol.WriteError(output, code, text);
    }

    /// <summary>Lets go of the dataset.</summary>
    public void Dispose()
    {
        _protocol?.Dispose();
        _keys.Dispose();
    }

    /// <summary>The protocol; that of lines while nothing has been received that chooses one.</summary>
    private ProtocolDispatcher Protocol => _protocol ??= Choose(default);

    private ProtocolDispatcher Choose(byte first) => first == '*'
        ? new RespDispatcher(_replies.Resp, _access, _keys, _access.Remote, _local)
        : new LineDispatcher(_options, _replies.Line, _access, _keys);
}
