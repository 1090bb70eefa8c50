using System.Collections.Concurrent;
using KvTcp.Protocol.Resp;
using KvTcp.Redis;

namespace KvTcp.Tests.Support;

/// <summary>Requests for the values of keys, or that store them.</summary>
internal sealed class RedisPairs : KeyedRequests
{
    private readonly Guid[] _keys;
    private readonly Func<Guid, string>? _valueToStore;

    private RedisPairs(Guid[] keys, Func<Guid, string>? valueToStore)
    {
        _keys = keys;
        _valueToStore = valueToStore;
        Restart(keys.Length);
    }

    /// <summary>What has been read; null for a miss.</summary>
    public ConcurrentDictionary<Guid, string?> Values { get; } = new();

    public override bool KeepsOrder => _valueToStore is not null;

    public static RedisPairs ToRead(params IEnumerable<Guid> keys) => new([.. keys], valueToStore: null);

    public static RedisPairs ToStore(IEnumerable<Guid> keys, Func<Guid, string> value) => new([.. keys], value);

    protected override Guid KeyOf(int index) => _keys[index];

    protected override void Write(int index, scoped ReadOnlySpan<byte> key, ref RespWriter writer)
    {
        writer.WriteArray(_valueToStore is null ? 2 : 3);
        writer.WriteValue(_valueToStore is null ? "GET"u8 : "SET"u8);
        writer.WriteValue(key);
        if (_valueToStore is not null)
        {
            writer.WriteValue(ByteText.Bytes(_valueToStore(_keys[index])));
        }
    }

    protected override bool TryTake(int index, in RespReply reply)
    {
        Values[_keys[index]] = reply.Kind == RespReplyKind.Null ? null : ByteText.Text(reply.Text);
        return _valueToStore is null ? reply.Kind is RespReplyKind.Bulk or RespReplyKind.Null : reply.Kind == RespReplyKind.Simple;
    }
}
