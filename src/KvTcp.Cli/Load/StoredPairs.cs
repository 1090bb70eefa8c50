using KvTcp.Protocol.Resp;
using KvTcp.Redis;
using KvTcp.Store;

namespace KvTcp.Cli;

/// <summary>A block of pairs that is being stored in a Redis.</summary>
internal sealed class StoredPairs : KeyedRequests
{
    private readonly PairBlock _block;

    /// <summary>Stores the pairs of a block; <see cref="Start"/> when it is filled.</summary>
    public StoredPairs(PairBlock block) => _block = block;

    /// <summary>The pairs.</summary>
    public PairBlock Block => _block;

    /// <summary>Of two values of one key the later one has to stay.</summary>
    public override bool KeepsOrder => true;

    /// <summary>Makes all requests of the block unanswered.</summary>
    public void Start() => Restart(_block.Count);

    protected override Guid KeyOf(int index) => _block.Key(index);

    protected override void Write(int index, scoped ReadOnlySpan<byte> key, ref RespWriter writer)
    {
        writer.WriteArray(3);
        writer.WriteValue("SET"u8);
        writer.WriteValue(key);
        writer.WriteValue(_block.Value(index));
    }

    protected override bool TryTake(int index, in RespReply reply) => reply.Kind == RespReplyKind.Simple && reply.Text.SequenceEqual("OK"u8);
}
