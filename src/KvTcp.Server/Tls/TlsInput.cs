using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;

namespace KvTcp.Server;

/// <summary>What a client has sent, decrypted. One reader at a time; <see cref="CancelPendingRead"/> at any time.</summary>
/// <remarks>
/// Unread bytes lie in one array, of a record at first. A connection that waits for a request holds none, and the stream none of its own either: a
/// read of no bytes comes first, which ends when there is something to decrypt.
/// </remarks>
/// <param name="stream">The stream that decrypts.</param>
/// <param name="encrypted">Where it has its bytes from.</param>
internal sealed class TlsInput(SslStream stream, PipeReader encrypted) : PipeReader
{
    /// <summary>With less room an array is replaced by one of twice the length, lest a long request come in ever smaller pieces.</summary>
    private const int LeastRoom = TlsTransport.RecordLength / 4;

    private byte[] _bytes = [];
    private int _start;
    private int _examined;
    private int _end;
    private bool _hasEnded;

    private ReadOnlySequence<byte> Unread => new(_bytes, _start, _end - _start);

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        bool isReady = _examined < _end || _hasEnded;
        result = isReady ? new ReadResult(Unread, isCanceled: false, _hasEnded) : default;
        return isReady;
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The connection is broken, or what has come is not what the client has encrypted.</exception>
    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        TryRead(out ReadResult result) ? new ValueTask<ReadResult>(result) : ReceiveAsync(cancellationToken);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        ReadOnlySequence<byte> unread = Unread;
        _examined = _start + (int)unread.Slice(0, examined).Length;
        _start += (int)unread.Slice(0, consumed).Length;
        if (_start == _end)
        {
            Release();
        }
    }

    /// <summary>Ends the wait for encrypted bytes; what has come already is read before.</summary>
    public override void CancelPendingRead() => encrypted.CancelPendingRead();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null)
    {
        _hasEnded = true;
        Release();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> ReceiveAsync(CancellationToken cancellationToken)
    {
        try
        {
#pragma warning disable CA2022 // It reads nothing: it waits.
            _ = await stream.ReadAsync(Memory<byte>.Empty, cancellationToken);
#pragma warning restore CA2022
            MakeRoom();
            int count = await stream.ReadAsync(_bytes.AsMemory(_end), cancellationToken);
            _end += count;
            _hasEnded = count == 0;
            return new ReadResult(Unread, isCanceled: false, _hasEnded);
        }
        catch (IOException exception) when (exception.InnerException is OperationCanceledException and not ConnectionAbortedException)
        {
            return new ReadResult(Unread, isCanceled: true, isCompleted: false);
        }
    }

    private void MakeRoom()
    {
        int length = _end - _start;
        if (_bytes.Length - _end >= LeastRoom)
        {
            return;
        }

        byte[] target = _bytes.Length - length >= LeastRoom ? _bytes : ArrayPool<byte>.Shared.Rent(Math.Max(TlsTransport.RecordLength, 2 * length));
        _bytes.AsSpan(_start, length).CopyTo(target);
        if (target != _bytes)
        {
            Return();
        }

        _bytes = target;
        _examined -= _start;
        (_start, _end) = (0, length);
    }

    private void Release()
    {
        Return();
        _bytes = [];
        _start = _examined = _end = 0;
    }

    private void Return()
    {
        if (_bytes is not [])
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }
    }
}
