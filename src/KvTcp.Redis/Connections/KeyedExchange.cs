using System.Buffers;
using System.Globalization;
using System.Text;
using KvTcp.Protocol.Resp;
using KvTcp.Redis.Cluster;

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
    private long _skip;
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

    /// <summary>Whether that is a replica, whose master may be asked instead.</summary>
    public bool IsOfReplica { get; private init; }

    /// <summary>Whether some of its requests have no reply.</summary>
    public bool HasTrouble => _indexes.Exists(index => !_requests.IsAnswered(index));

    public override ReadOnlyMemory<byte> Requests => _bytes.WrittenMemory;

    /// <summary>Makes the exchanges for the requests that have no reply: one for each node that has some of their keys.</summary>
    /// <param name="requests">The requests; those whose keys no node has are told so.</param>
    /// <param name="map">Where keys are.</param>
    /// <param name="turn">Which of its replicas to take for each master that has any; negative to take the master.</param>
    public static List<KeyedExchange> Of(KeyedRequests requests, ClusterMap map, int turn = -1)
    {
        KeyedExchange?[] byMaster = new KeyedExchange?[map.Masters.Count];
        for (int i = 0; i < requests.Count; i++)
        {
            if (requests.IsAnswered(i))
            {
                continue;
            }

            int owner = map.OwnerOf(requests.SlotOf(i));
            if (owner < 0)
            {
                requests.Note(i, new RequestTrouble($"no node has slot {requests.SlotOf(i)}", IsLoading: false));
                continue;
            }

            (byMaster[owner] ??= New(requests, map, owner, turn)).Add(i);
        }

        return [.. byMaster.OfType<KeyedExchange>()];
    }

    /// <summary>Makes the exchanges for the requests that a node has just sent on to another.</summary>
    /// <param name="requests">The requests.</param>
    public static List<KeyedExchange> OfAsks(KeyedRequests requests)
    {
        List<KeyedExchange> exchanges = [];
        foreach (IGrouping<RedisAddress, int> ask in requests.TakeAsks())
        {
            KeyedExchange exchange = new(requests, ask.Key, isAsking: true);
            foreach (int index in ask)
            {
                exchange.Add(index);
            }

            exchanges.Add(exchange);
        }

        return exchanges;
    }

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

    /// <summary>Tells its requests that have no reply why they have none.</summary>
    /// <param name="trouble">Why.</param>
    public void Miss(RequestTrouble trouble)
    {
        foreach (int index in _indexes)
        {
            if (!_requests.IsAnswered(index))
            {
                _requests.Note(index, trouble);
            }
        }
    }

    /// <summary>Takes back what its node has replied, which has not kept to the protocol.</summary>
    /// <param name="trouble">What it did.</param>
    public void Revoke(RequestTrouble trouble) => _indexes.ForEach(index => _requests.Revoke(index, trouble));

    public override bool TakeReplies(ref ReadOnlySpan<byte> received, int maxBulkLength, out long needed)
    {
        needed = 0;
        while (_taken < _indexes.Count)
        {
            if (_skip > 0)
            {
                int skipped = (int)Math.Min(_skip, received.Length);
                received = received.Slice(skipped);
                _skip -= skipped;
                if (_skip > 0)
                {
                    return false;
                }

                _taken++;
                continue;
            }

            RespReply reply = RespReplyParser.Read(received, maxBulkLength);
            switch (reply.Kind)
            {
                case RespReplyKind.Incomplete:
                    needed = reply.Number;
                    return false;
                case RespReplyKind.Invalid when _requests.SkipsLongValues && TryReadTooLong(reply.Text, maxBulkLength, out long length):
                    _requests.Note(_indexes[_taken], new RequestTrouble($"{_node} has {Describe(reply.Text, maxBulkLength)}", IsLoading: false));
                    received = received.Slice(reply.Text.Length + 2);
                    _skip = length + 2;
                    _isAskTaken = false;
                    continue;
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

    private static KeyedExchange New(KeyedRequests requests, ClusterMap map, int master, int turn)
    {
        IReadOnlyList<RedisAddress> replicas = map.Replicas[master];
        bool isOfReplica = turn >= 0 && replicas.Count > 0;
        return new KeyedExchange(requests, isOfReplica ? replicas[turn % replicas.Count] : map.Masters[master], isAsking: false)
        {
            IsOfReplica = isOfReplica,
        };
    }

    private static string Describe(ReadOnlySpan<byte> line, int maxBulkLength)
    {
        const int Shown = 64;
        return TryReadTooLong(line, maxBulkLength, out long length)
            ? $"a value of {length} bytes, and {maxBulkLength} is the most that is possible"
            : $"'{Encoding.ASCII.GetString(line.Slice(0, Math.Min(line.Length, Shown)))}' is no reply of RESP2";
    }

    private static bool TryReadTooLong(ReadOnlySpan<byte> line, int maxBulkLength, out long length)
    {
        length = 0;
        return line is [(byte)'$', ..] && long.TryParse(line.Slice(1), CultureInfo.InvariantCulture, out length) && length > maxBulkLength;
    }
}
