using KvTcp.Redis;
using KvTcp.Store;

namespace KvTcp.Cli;

/// <summary>Compares the pairs of a reader with what a Redis has.</summary>
internal sealed class PairComparison
{
    private const int MaxBlocks = 16;
    private const int MaxPairsPerBlock = 1024;
    private const int BlockBytes = 256 << 10;

    /// <summary>More differences than this are not told apart from duplicate keys, whose last value counts; they end the comparison.</summary>
    private const int MaxDifferences = 1_000_000;

    private readonly RedisClient _client;
    private readonly Dictionary<Guid, ComparedPairs.Comparison> _differences = [];

    /// <summary>Prepares.</summary>
    /// <param name="client">The Redis.</param>
    public PairComparison(RedisClient client) => _client = client;

    /// <summary>The keys whose last value in the data is not what the Redis has.</summary>
    public IReadOnlyDictionary<Guid, ComparedPairs.Comparison> Differences => _differences;

    /// <summary>Compares all pairs that the reader has, or so many that there are too many differences.</summary>
    /// <param name="reader">The pairs.</param>
    /// <param name="compared">Is called now and then.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="RedisException">A node refuses, or none answers any more.</exception>
    public async Task RunAsync(PairReader reader, Action compared, CancellationToken stop)
    {
        Queue<(ComparedPairs Pairs, Task Done)> underWay = new();
        Stack<ComparedPairs> free = new();
        bool isAtEnd = false;
        while (!isAtEnd || underWay.Count > 0)
        {
            if (!isAtEnd && underWay.Count < MaxBlocks)
            {
                ComparedPairs next = free.TryPop(out ComparedPairs? used)
                    ? used
                    : new ComparedPairs(new PairBlock(MaxPairsPerBlock, BlockBytes), MaxPairsPerBlock);
                isAtEnd = !reader.TryRead(next.Block);
                if (!isAtEnd)
                {
                    next.Start();
                    underWay.Enqueue((next, _client.ExecuteAsync(next, stop)));
                }

                continue;
            }

            (ComparedPairs pairs, Task done) = underWay.Dequeue();
            await done;
            Judge(pairs);
            free.Push(pairs);
            compared();
            isAtEnd |= _differences.Count > MaxDifferences;
        }
    }

    /// <summary>In the order of the data: the last line of a key decides.</summary>
    private void Judge(ComparedPairs pairs)
    {
        for (int i = 0; i < pairs.Block.Count; i++)
        {
            if (pairs.Result(i) != ComparedPairs.Comparison.Equal)
            {
                _differences[pairs.Block.Key(i)] = pairs.Result(i);
            }
            else if (_differences.Count > 0)
            {
                _differences.Remove(pairs.Block.Key(i));
            }
        }
    }
}
