using System.Buffers;
using System.Text;
using KvTcp.Protocol.Resp;

namespace KvTcp.Redis.Connections;

/// <summary>Those of many <see cref="KeyedRequests"/> that go to one node.</summary>
internal sealed class KeyedExchange : RedisExchange
{
    private readonly KeyedRequests _requests;
    private readonly RedisAddress _node;
    private readonly bool _isAsking;
    private readonly List<int> _indexes = [];
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private int _taken;
    private bool _isAskTaken;

    /// <summary>Makes an exchange without requests.</summary>
    /// <param name="requests">Where they come from, and where replies go.</param>
    /// <param name="node">The node.</param>
    /// <param name="isAsking">Whether the node is asked about slots that it is still getting.</param>
    public KeyedExchange(KeyedRequests requests, RedisAddress node, bool isAsking)
    {
        _requests = requests;
        _node = node;
        _isAsking = isAsking;
    }

    /// <summary>The node that it goes to.</summary>
    public RedisAddress Node => _node;

    public override ReadOnlyMemory<byte> Requests => _bytes.WrittenMemory;

    /// <summary>Adds a request.</summary>
    /// <param name="index">Which one.</param>
    public void Add(int index)
    {
        RespWriter writer = new(_bytes, isResp3: false);
        if (_isAsking)
        {
            writer.WriteArray(1);
            writer.WriteValue("ASKING"u8);
        }

        _requests.WriteRequest(index, ref writer);
        writer.Complete();
        _indexes.Add(index);
    }

    public override bool TakeReplies(ref ReadOnlySpan<byte> received, int maxBulkLength, out long needed)
    {
        needed = 0;
        while (_taken < _indexes.Count)
        {
            RespReply reply = RespReplyParser.Read(received, maxBulkLength);
            switch (reply.Kind)
            {
                case RespReplyKind.Incomplete:
                    needed = reply.Number;
                    return false;
                case RespReplyKind.Invalid:
                    throw new InvalidDataException(Describe(reply.Text, maxBulkLength));
            }

            received = received.Slice(reply.Length);
            if (_isAsking && !_isAskTaken)
            {
                _isAskTaken = true;
                continue;
            }

            _requests.Receive(_indexes[_taken], reply, _node);
            _isAskTaken = false;
            _taken++;
        }

        return true;
    }

    private static string Describe(ReadOnlySpan<byte> line, int maxBulkLength)
    {
        const int Shown = 64;
        string text = Encoding.ASCII.GetString(line.Slice(0, Math.Min(line.Length, Shown)));
        return line is [(byte)'$', ..] && long.TryParse(text.AsSpan(1), out long length) && length > maxBulkLength
            ? $"a value of {length} bytes, and {maxBulkLength} is the most that is possible"
            : $"'{text}' is no reply of RESP2";
    }
}
