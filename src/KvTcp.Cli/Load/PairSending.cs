using KvTcp.Redis;
using KvTcp.Store;

namespace KvTcp.Cli;

/// <summary>
/// Stores the pairs of a reader in a Redis: many blocks are under way at once, in the order of the data, so that of two values of a key the
/// later one stays.
/// </summary>
/// <remarks>
/// When one block cannot be stored at the first attempt, because a node has failed or a slot has moved, the order of what is under way is lost.
/// Then all of that is sent again from this block on, block by block, which ends as if it had been sent once.
/// </remarks>
internal sealed class PairSending
{
    /// <summary>Enough that every node has requests to read while others are answered.</summary>
    private const int MaxBlocks = 16;

    private const int MaxPairsPerBlock = 2048;
    private const int BlockBytes = 256 << 10;

    /// <summary>What values may take that are under way; the requests take as much again.</summary>
    private const long MaxBytes = 32L << 20;

    private readonly RedisClient _client;
    private readonly Action<long> _stored;
    private readonly Queue<(StoredPairs Pairs, Task<bool> Sent)> _underWay = new();
    private readonly Stack<StoredPairs> _free = new();
    private long _bytesUnderWay;

    /// <summary>Prepares.</summary>
    /// <param name="client">The Redis.</param>
    /// <param name="stored">Is told the position up to which everything is stored, each time that changes.</param>
    public PairSending(RedisClient client, Action<long> stored)
    {
        _client = client;
        _stored = stored;
    }

    /// <summary>How many pairs are stored.</summary>
    public long Pairs { get; private set; }

    /// <summary>Stores all pairs that the reader still has.</summary>
    /// <param name="reader">The pairs.</param>
    /// <param name="stop">Ends the reading; what is under way is stored.</param>
    /// <exception cref="DataFileException">A line is bad; what comes before it is stored.</exception>
    /// <exception cref="RedisException">A node refuses, or none answers any more.</exception>
    public async Task RunAsync(PairReader reader, CancellationToken stop)
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                StoredPairs next = _free.TryPop(out StoredPairs? free) ? free : new StoredPairs(new PairBlock(MaxPairsPerBlock, BlockBytes));
                if (!reader.TryRead(next.Block))
                {
                    break;
                }

                next.Start();
                _bytesUnderWay += next.Block.ValueBytes;
                _underWay.Enqueue((next, _client.TryExecuteAsync(next)));
                while (_underWay.Count >= MaxBlocks || _bytesUnderWay > MaxBytes)
                {
                    await SettleOldestAsync();
                }
            }
        }
        catch (DataFileException)
        {
            await SettleAllAsync();
            throw;
        }

        await SettleAllAsync();
        stop.ThrowIfCancellationRequested();
    }

    private async Task SettleAllAsync()
    {
        while (_underWay.Count > 0)
        {
            await SettleOldestAsync();
        }
    }

    private async Task SettleOldestAsync()
    {
        (StoredPairs pairs, Task<bool> sent) = _underWay.Peek();
        if (await sent)
        {
            _underWay.Dequeue();
            Settle(pairs);
            return;
        }

        await Task.WhenAll(_underWay.Select(static block => block.Sent));
        while (_underWay.TryDequeue(out (StoredPairs Pairs, Task<bool> Sent) block))
        {
            block.Pairs.Start();
            await _client.ExecuteAsync(block.Pairs);
            Settle(block.Pairs);
        }
    }

    private void Settle(StoredPairs pairs)
    {
        Pairs += pairs.Block.Count;
        _bytesUnderWay -= pairs.Block.ValueBytes;
        _stored(pairs.Block.End);
        _free.Push(pairs);
    }
}
