using System.Text;
using KvTcp.Protocol.Resp;

namespace KvTcp.Redis;

/// <summary>A whole reply with its elements: for the few commands whose replies are not about one key. Immutable.</summary>
internal sealed class RedisReply
{
    // CLUSTER SHARDS nests five deep.
    private const int MaxDepth = 8;

    private RedisReply(RespReplyKind kind, byte[] bytes, long number, RedisReply[] elements)
    {
        Kind = kind;
        Bytes = bytes;
        Number = number;
        Elements = elements;
    }

    /// <summary>What it is; neither incomplete nor invalid.</summary>
    public RespReplyKind Kind { get; }

    /// <summary>The text of a simple string, an error or a bulk.</summary>
    public byte[] Bytes { get; }

    /// <summary>The same as a string.</summary>
    public string Text => Encoding.UTF8.GetString(Bytes);

    /// <summary>The number of an integer.</summary>
    public long Number { get; }

    /// <summary>The elements of an array.</summary>
    public IReadOnlyList<RedisReply> Elements { get; }

    /// <summary>Whether it is an error.</summary>
    public bool IsError => Kind == RespReplyKind.Error;

    /// <summary>The value beside a name, in an array that is a map; null if there is none.</summary>
    /// <param name="name">The name.</param>
    public RedisReply? Find(string name)
    {
        for (int i = 0; i + 1 < Elements.Count; i += 2)
        {
            if (string.Equals(Elements[i].Text, name, StringComparison.Ordinal))
            {
                return Elements[i + 1];
            }
        }

        return null;
    }

    /// <summary>Reads a whole reply.</summary>
    /// <param name="received">What has been received; a reply that is complete is taken from its front.</param>
    /// <param name="maxBulkLength">The longest bulk that is accepted.</param>
    /// <returns>The reply; null when it is incomplete.</returns>
    /// <exception cref="InvalidDataException">It is no reply of RESP2.</exception>
    public static RedisReply? TryRead(ref ReadOnlySpan<byte> received, int maxBulkLength)
    {
        ReadOnlySpan<byte> rest = received;
        RedisReply? reply = TryRead(ref rest, maxBulkLength, depth: 0);
        received = reply is null ? received : rest;
        return reply;
    }

    private static RedisReply? TryRead(ref ReadOnlySpan<byte> received, int maxBulkLength, int depth)
    {
        RespReply reply = RespReplyParser.Read(received, maxBulkLength);
        if (reply.Kind == RespReplyKind.Incomplete)
        {
            return null;
        }

        if (reply.Kind == RespReplyKind.Invalid || depth > MaxDepth)
        {
            throw new InvalidDataException("it is no reply of RESP2");
        }

        received = received.Slice(reply.Length);
        if (reply.Kind != RespReplyKind.Array)
        {
            return new RedisReply(reply.Kind, reply.Text.ToArray(), reply.Number, []);
        }

        // Grows with what has been received, not with what the header announces.
        List<RedisReply> elements = [];
        while (elements.Count < reply.Number)
        {
            if (TryRead(ref received, maxBulkLength, depth + 1) is not RedisReply element)
            {
                return null;
            }

            elements.Add(element);
        }

        return new RedisReply(RespReplyKind.Array, [], 0, [.. elements]);
    }
}
