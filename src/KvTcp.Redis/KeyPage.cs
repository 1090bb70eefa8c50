using KvTcp.Protocol;
using KvTcp.Protocol.Resp;

namespace KvTcp.Redis;

/// <summary>Some of the keys of a node.</summary>
/// <param name="Cursor">Where to go on; <c>0</c> when these are the last.</param>
/// <param name="Keys">Those that are UUIDs.</param>
/// <param name="OtherKeys">How many are not.</param>
public sealed record KeyPage(string Cursor, IReadOnlyList<Guid> Keys, int OtherKeys)
{
    /// <summary>Reads the reply to SCAN; null when it is none.</summary>
    internal static KeyPage? Of(RedisReply reply)
    {
        if (reply.Elements is not [{ Kind: RespReplyKind.Bulk } cursor, { Kind: RespReplyKind.Array } names])
        {
            return null;
        }

        List<Guid> keys = new(names.Elements.Count);
        foreach (RedisReply name in names.Elements)
        {
            if (UuidText.TryParse(name.Bytes, out Guid key))
            {
                keys.Add(key);
            }
        }

        return new KeyPage(cursor.Text, keys, names.Elements.Count - keys.Count);
    }
}
