using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;

namespace KvTcp.Client;

/// <summary>
/// Takes the requests of all callers and sends them. Callers only append to a pipe; whoever appends first has the pipe sent by a work
/// item, and what others append until then, or while it sends, goes out together. Thread-safe.
/// </summary>
internal sealed class RequestSender : IThreadPoolWorkItem
{
    /// <summary>Holds some 400 GETs in one piece, so that they are one write.</summary>
    private const int BlockLength = 16 * 1024;

    private readonly Lock _gate = new();
    private readonly RequestRing _inFlight;
    private readonly Queue<PendingRequest> _backlog = new();
    private readonly Pipe _unsent = new(
        new PipeOptions(pauseWriterThreshold: 0, minimumSegmentSize: BlockLength, useSynchronizationContext: false));
    private readonly Stream _stream;
    private readonly Action<Exception> _onFailure;
    private bool _isSending;
    private bool _isBroken;
    private bool _isClosed;

    /// <summary>Prepares.</summary>
    /// <param name="stream">Receives the requests.</param>
    /// <param name="inFlight">Receives every request before it is sent; when it is full, requests wait here.</param>
    /// <param name="onFailure">Hears that the stream has failed, and that nothing is sent any more.</param>
    public RequestSender(Stream stream, RequestRing inFlight, Action<Exception> onFailure)
    {
        _stream = stream;
        _inFlight = inFlight;
        _onFailure = onFailure;
    }

    /// <summary>Takes a request.</summary>
    /// <returns>False when nothing is sent any more; the request is the caller's still.</returns>
    public bool TrySend(PendingRequest request)
    {
        lock (_gate)
        {
            if (_isClosed || _isBroken)
            {
                return false;
            }

            if (_backlog.Count > 0 || !TryWrite(request))
            {
                _backlog.Enqueue(request);
                return true;
            }

            if (_isSending)
            {
                return true;
            }

            _isSending = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return true;
    }

    /// <summary>Sends requests that had to wait, when replies have made room for them.</summary>
    public void UseRoom()
    {
        lock (_gate)
        {
            if (_backlog.Count == 0 || _isClosed || _isBroken)
            {
                return;
            }

            while (_backlog.TryPeek(out PendingRequest? request) && TryWrite(request))
            {
                _backlog.Dequeue();
            }

            if (_isSending || _unsent.Writer.UnflushedBytes == 0)
            {
                return;
            }

            _isSending = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Gives up the waiting requests whose time is over, and forgets all that were given up.</summary>
    /// <param name="now">The time, as <see cref="Environment.TickCount64"/> tells it.</param>
    public void GiveUpLate(long now)
    {
        lock (_gate)
        {
            for (int left = _backlog.Count; left > 0; left--)
            {
                PendingRequest request = _backlog.Dequeue();
                request.GiveUpIfLate(now);
                if (request.IsWaiting)
                {
                    _backlog.Enqueue(request);
                }
            }
        }
    }

    /// <summary>Takes no more requests.</summary>
    /// <returns>Those that have not been sent, in their order.</returns>
    public IReadOnlyList<PendingRequest> Close()
    {
        lock (_gate)
        {
            Debug.Assert(!_isClosed);
            _isClosed = true;
            if (!_isSending || _isBroken)
            {
                CompletePipe();
            }

            PendingRequest[] left = [.. _backlog];
            _backlog.Clear();
            return left;
        }
    }

    /// <inheritdoc/>
    void IThreadPoolWorkItem.Execute() => _ = SendAsync();

    private async Task SendAsync()
    {
        try
        {
            while (TryTake(out ReadOnlySequence<byte> requests))
            {
                foreach (ReadOnlyMemory<byte> part in requests)
                {
                    await _stream.WriteAsync(part).ConfigureAwait(false);
                }

                _unsent.Reader.AdvanceTo(requests.End);
            }
        }
#pragma warning disable CA1031 // Whatever it is, it ends the sending, and those who get no reply hear of it.
        catch (Exception e)
        {
            _onFailure(e);
            lock (_gate)
            {
                // _isSending stays set, so nothing is sent any more.
                _isBroken = true;
                if (_isClosed)
                {
                    CompletePipe();
                }
            }
        }
#pragma warning restore CA1031
    }

    /// <summary>Takes all that callers have appended.</summary>
    /// <returns>False when that is nothing: the next caller starts the next work item.</returns>
    private bool TryTake(out ReadOnlySequence<byte> requests)
    {
        requests = default;
        lock (_gate)
        {
            if (_isClosed || _unsent.Writer.UnflushedBytes == 0)
            {
                _isSending = false;
                if (_isClosed)
                {
                    CompletePipe();
                }

                return false;
            }

            // Without a threshold a flush only makes the bytes visible to the reader; it never waits.
            ValueTask<FlushResult> flush = _unsent.Writer.FlushAsync();
            Debug.Assert(flush.IsCompletedSuccessfully);
        }

        bool isThere = _unsent.Reader.TryRead(out ReadResult read);
        Debug.Assert(isThere);
        requests = read.Buffer;
        return true;
    }

    /// <returns>False when too many requests are in flight.</returns>
    private bool TryWrite(PendingRequest request)
    {
        if (!request.IsWaiting)
        {
            return true;
        }

        if (_inFlight.IsFull)
        {
            return false;
        }

        try
        {
            // What is written is not sent before the lock is released, so the request is in flight before its reply can come.
            request.Send(_unsent.Writer);
        }
#pragma warning disable CA1031 // What the caller's memory throws belongs to the caller; nothing of the request has been written.
        catch (Exception e)
        {
            request.TryFail(e);
            return true;
        }
#pragma warning restore CA1031

        _inFlight.Enqueue(request);
        return true;
    }

    private void CompletePipe()
    {
        _unsent.Writer.Complete();
        _unsent.Reader.Complete();
    }
}
