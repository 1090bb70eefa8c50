using System.Collections.Concurrent;

namespace KvTcp.Store;

/// <summary>Hands the blocks of a stream from one reading thread to the workers; a fixed set of buffers goes round.</summary>
internal sealed class BlockQueue : IDisposable
{
    private readonly BlockingCollection<TextBuffer> _free = [];
    private readonly BlockingCollection<TextBlock> _filled = [];
    private readonly TextBuffer[] _buffers;

    /// <summary>Creates the queue with its buffers.</summary>
    /// <param name="workers">How many threads consume.</param>
    /// <param name="blockCapacity">The capacity of each buffer.</param>
    public BlockQueue(int workers, int blockCapacity)
    {
        // Each worker has one, the next for each is ready, and one is being filled.
        _buffers = new TextBuffer[(2 * workers) + 1];
        for (int i = 0; i < _buffers.Length; i++)
        {
            _buffers[i] = new TextBuffer(blockCapacity);
            _free.Add(_buffers[i]);
        }
    }

    /// <summary>Reads the stream to its end.</summary>
    public void Produce(StreamBlockReader reader, CancellationToken cancellationToken)
    {
        for (long sequence = 0; ; sequence++)
        {
            TextBuffer buffer = _free.Take(cancellationToken);
            BlockKind kind = reader.Fill(buffer);
            cancellationToken.ThrowIfCancellationRequested();
            if (kind == BlockKind.End)
            {
                _filled.CompleteAdding();
                return;
            }

            _filled.Add(new TextBlock(buffer, kind, sequence), cancellationToken);
        }
    }

    /// <summary>Takes blocks until the stream has ended.</summary>
    public void Consume(Action<TextBlock> parse, CancellationToken cancellationToken)
    {
        foreach (TextBlock block in _filled.GetConsumingEnumerable(cancellationToken))
        {
            parse(block);
            block.Buffer.Length = 0;
            _free.Add(block.Buffer, cancellationToken);
        }
    }

    public void Dispose()
    {
        foreach (TextBuffer buffer in _buffers)
        {
            buffer.Dispose();
        }

        _free.Dispose();
        _filled.Dispose();
    }
}
