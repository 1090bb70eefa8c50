using KvTcp.Protocol.Resp;
using KvTcp.Redis;

namespace KvTcp.Cli;

/// <summary>Keys of a Redis whose values are being read.</summary>
internal sealed class ReadPairs : KeyedRequests
{
    private readonly IReadOnlyList<Guid> _keys;
    private readonly byte[]?[] _values;
    private int _otherTypes;

    /// <summary>Reads the values of keys.</summary>
    /// <param name="keys">The keys; at least one.</param>
    public ReadPairs(IReadOnlyList<Guid> keys)
    {
        _keys = keys;
        _values = new byte[]?[keys.Count];
        Restart(keys.Count);
    }

    /// <summary>How many of the keys have something else than a string.</summary>
    public int OtherTypes => _otherTypes;

    /// <summary>The pairs; keys without a string are left out.</summary>
    public IEnumerable<(Guid Key, byte[] Value)> Pairs() =>
        _keys.Zip(_values).Where(static pair => pair.Second is not null).Select(static pair => (pair.First, pair.Second!));

    protected override Guid KeyOf(int index) => _keys[index];

    protected override void Write(int index, scoped ReadOnlySpan<byte> key, ref RespWriter writer)
    {
        writer.WriteArray(2);
        writer.WriteValue("GET"u8);
        writer.WriteValue(key);
    }

    protected override bool TryTake(int index, in RespReply reply)
    {
        switch (reply.Kind)
        {
            case RespReplyKind.Bulk:
                _values[index] = reply.Text.ToArray();
                return true;
            case RespReplyKind.Error:
                Interlocked.Increment(ref _otherTypes);
                return true;
            default:
                return reply.Kind == RespReplyKind.Null;
        }
    }
}
