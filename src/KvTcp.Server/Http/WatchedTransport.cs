using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace KvTcp.Server.Http;

/// <summary>The bytes of a connection, counted and timed as they pass by. As thread-safe as pipes are: one reader and one writer.</summary>
/// <param name="transport">The connection.</param>
/// <param name="counters">Where they are counted.</param>
/// <param name="deadline">Hears of waits for the client to read.</param>
internal sealed class WatchedTransport(IDuplexPipe transport, HttpCounters counters, UnreadReplyDeadline deadline) : IDuplexPipe
{
    public PipeReader Input { get; } = new CountedReader(transport.Input, counters.BytesReceived);

    public PipeWriter Output { get; } = new WatchedWriter(transport.Output, counters.BytesSent, deadline);

    /// <summary>Counts what is consumed: what was looked at and left comes again.</summary>
    private sealed class CountedReader(PipeReader reader, StripedCounter bytes) : PipeReader
    {
        private ReadOnlySequence<byte> _buffer;

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            ReadResult result = await reader.ReadAsync(cancellationToken);
            _buffer = result.Buffer;
            return result;
        }

        public override bool TryRead(out ReadResult result)
        {
            bool isRead = reader.TryRead(out result);
            _buffer = result.Buffer;
            return isRead;
        }

        public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
        {
            // The end of what was read is where nearly all reads end.
            bytes.Add(consumed.Equals(_buffer.End) ? _buffer.Length : _buffer.Slice(_buffer.Start, consumed).Length);
            _buffer = default;
            reader.AdvanceTo(consumed, examined);
        }

        public override void CancelPendingRead() => reader.CancelPendingRead();

        public override void Complete(Exception? exception = null) => reader.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => reader.CompleteAsync(exception);
    }

    private sealed class WatchedWriter(PipeWriter writer, StripedCounter bytes, UnreadReplyDeadline deadline) : PipeWriter
    {
        public override bool CanGetUnflushedBytes => writer.CanGetUnflushedBytes;

        public override long UnflushedBytes => writer.UnflushedBytes;

        public override void Advance(int count)
        {
            bytes.Add(count);
            writer.Advance(count);
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => writer.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => writer.GetSpan(sizeHint);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            ValueTask<FlushResult> flush = writer.FlushAsync(cancellationToken);
            return flush.IsCompleted ? flush : WaitAsync(flush);
        }

        public override void CancelPendingFlush() => writer.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => writer.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => writer.CompleteAsync(exception);

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        private async ValueTask<FlushResult> WaitAsync(ValueTask<FlushResult> flush)
        {
            deadline.WaitStarts();
            try
            {
                return await flush;
            }
            finally
            {
                deadline.WaitEnds();
            }
        }
    }
}
