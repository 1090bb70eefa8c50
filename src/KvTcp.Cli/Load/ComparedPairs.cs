using KvTcp.Protocol.Resp;
using KvTcp.Redis;
using KvTcp.Store;

namespace KvTcp.Cli;

/// <summary>A block of pairs that is compared with what a Redis has.</summary>
internal sealed class ComparedPairs : KeyedRequests
{
    private readonly PairBlock _block;
    private readonly Comparison[] _results;

    /// <summary>Compares the pairs of a block.</summary>
    /// <param name="block">The block; <see cref="Start"/> when it is filled.</param>
    /// <param name="maxPairs">How many pairs it may hold.</param>
    public ComparedPairs(PairBlock block, int maxPairs)
    {
        _block = block;
        _results = new Comparison[maxPairs];
    }

    /// <summary>How a pair compares.</summary>
    public enum Comparison : byte
    {
        /// <summary>The same value.</summary>
        Equal,

        /// <summary>No such key.</summary>
        Missing,

        /// <summary>Another value, or one that is no string.</summary>
        Different,
    }

    /// <summary>The pairs.</summary>
    public PairBlock Block => _block;

    /// <summary>How a pair compares, once its reply is there.</summary>
    /// <param name="index">The pair, from 0.</param>
    public Comparison Result(int index) => _results[index];

    /// <summary>Makes all requests of the block unanswered.</summary>
    public void Start() => Restart(_block.Count);

    protected override Guid KeyOf(int index) => _block.Key(index);

    protected override void Write(int index, scoped ReadOnlySpan<byte> key, ref RespWriter writer)
    {
        writer.WriteArray(2);
        writer.WriteValue("GET"u8);
        writer.WriteValue(key);
    }

    protected override bool TryTake(int index, in RespReply reply)
    {
        _results[index] = reply.Kind switch
        {
            RespReplyKind.Bulk when reply.Text.SequenceEqual(_block.Value(index)) => Comparison.Equal,
            RespReplyKind.Null => Comparison.Missing,
            _ => Comparison.Different,
        };
        return reply.Kind is RespReplyKind.Bulk or RespReplyKind.Null or RespReplyKind.Error;
    }
}
