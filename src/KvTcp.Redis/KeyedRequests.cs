using System.Diagnostics;
using System.Text;
using KvTcp.Protocol;
using KvTcp.Protocol.Resp;
using KvTcp.Redis.Cluster;

namespace KvTcp.Redis;

/// <summary>
/// Requests about one key each, which <see cref="RedisClient"/> sends to the nodes that have the keys. They may be used again after
/// <see cref="Restart"/>; one execution at a time.
/// </summary>
public abstract class KeyedRequests
{
    private readonly Lock _troubles = new();
    private readonly List<(int Slot, RedisAddress Master)> _moved = [];
    private readonly List<(int Index, RedisAddress Node)> _asks = [];
    private bool[] _isAnswered = [];
    private ushort[] _slots = [];
    private int _unanswered;
    private bool _isReadOnlyPassing;

    /// <summary>How many requests there are.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// Whether requests about one key must take effect in their order: then all are sent again when one has to be, not only that one.
    /// Default: no.
    /// </summary>
    public virtual bool KeepsOrder => false;

    /// <summary>
    /// Whether a value that is longer than <see cref="RedisOptions.MaxValueLength"/> costs its request alone its reply; else it ends the connection, and the
    /// execution. Default: no.
    /// </summary>
    public virtual bool SkipsLongValues => false;

    /// <summary>Whether every request has its reply.</summary>
    public bool IsComplete => Volatile.Read(ref _unanswered) == 0;

    /// <summary>What has last kept a request from its reply, if anything; one line.</summary>
    internal string? Trouble { get; private set; }

    /// <summary>An error that no repetition mends; one line.</summary>
    internal string? Refusal { get; private set; }

    /// <summary>The key of a request.</summary>
    /// <param name="index">The request, from 0.</param>
    protected abstract Guid KeyOf(int index);

    /// <summary>Writes a request: an array of bulks.</summary>
    /// <param name="index">The request, from 0.</param>
    /// <param name="key">Its key as text.</param>
    /// <param name="writer">Receives it.</param>
    protected abstract void Write(int index, scoped ReadOnlySpan<byte> key, ref RespWriter writer);

    /// <summary>Takes a reply; for different requests from different threads at once, for one at most once a round.</summary>
    /// <param name="index">The request, from 0.</param>
    /// <param name="reply">A reply that is no error, or says WRONGTYPE.</param>
    /// <returns>Whether that is a reply to such a request. It counts only when the execution has ended: a later reply may show that the node cannot be trusted.</returns>
    protected abstract bool TryTake(int index, in RespReply reply);

    /// <summary>
    /// Takes note of why a request has no reply yet, as often as it is sent in vain; for different requests from different threads at once.
    /// </summary>
    /// <param name="index">The request, from 0.</param>
    /// <param name="trouble">What has kept it from its reply.</param>
    protected virtual void OnTrouble(int index, RequestTrouble trouble)
    {
    }

    /// <summary>Makes all requests unanswered, and sets how many there are.</summary>
    /// <param name="count">How many; more than 0.</param>
    protected void Restart(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        Count = count;
        if (_isAnswered.Length < count)
        {
            _isAnswered = new bool[count];
            _slots = new ushort[count];
        }

        Span<byte> text = stackalloc byte[UuidText.Length];
        for (int i = 0; i < count; i++)
        {
            UuidText.Format(KeyOf(i), text);
            _slots[i] = (ushort)KeySlot.Of(text);
        }

        ForgetReplies();
    }

    /// <summary>Makes all requests unanswered.</summary>
    internal void ForgetReplies()
    {
        Array.Clear(_isAnswered);
        _unanswered = Count;
        (Trouble, Refusal) = (null, null);
    }

    /// <summary>The slot of a request's key.</summary>
    internal int SlotOf(int index) => _slots[index];

    /// <summary>Whether a request has its reply.</summary>
    internal bool IsAnswered(int index) => _isAnswered[index];

    /// <summary>Starts a round: what redirections the last one has brought is forgotten.</summary>
    /// <param name="isCluster">Whether a replica that refuses to write has a master that can be found.</param>
    internal void StartRound(bool isCluster)
    {
        _isReadOnlyPassing = isCluster;
        _moved.Clear();
        _asks.Clear();
    }

    /// <summary>Writes a request.</summary>
    internal void WriteRequest(int index, ref RespWriter writer)
    {
        Span<byte> text = stackalloc byte[UuidText.Length];
        UuidText.Format(KeyOf(index), text);
        Write(index, text, ref writer);
    }

    /// <summary>The slots that MOVED has told of in this round. To be called when the round is over.</summary>
    internal IReadOnlyList<(int Slot, RedisAddress Master)> Moved => _moved;

    /// <summary>Takes what ASK has told of in this round, by node. To be called when no reply is awaited.</summary>
    internal IReadOnlyList<IGrouping<RedisAddress, int>> TakeAsks()
    {
        IGrouping<RedisAddress, int>[] asks = [.. _asks.OrderBy(static ask => ask.Index).GroupBy(static ask => ask.Node, static ask => ask.Index)];
        _asks.Clear();
        return asks;
    }

    /// <summary>Notes why a request has no reply.</summary>
    internal void Note(int index, RequestTrouble trouble)
    {
        lock (_troubles)
        {
            Trouble = trouble.Reason;
        }

        OnTrouble(index, trouble);
    }

    /// <summary>Takes a reply back that cannot be trusted.</summary>
    internal void Revoke(int index, RequestTrouble trouble)
    {
        if (_isAnswered[index])
        {
            _isAnswered[index] = false;
            Interlocked.Increment(ref _unanswered);
        }

        Note(index, trouble);
    }

    /// <summary>Receives a reply from a node.</summary>
    /// <exception cref="InvalidDataException">It is no reply to this request.</exception>
    internal void Receive(int index, in RespReply reply, RedisAddress node)
    {
        ReplyError error = reply.Kind == RespReplyKind.Error ? ReplyError.Of(reply.Text) : new ReplyError(ReplyErrorKind.WrongType, 0, default);
        if (error.Kind != ReplyErrorKind.WrongType)
        {
            ReceiveError(index, error, node, Encoding.UTF8.GetString(reply.Text));
            return;
        }

        if (!TryTake(index, reply))
        {
            throw new InvalidDataException($"a {reply.Kind} is no reply to this request");
        }

        Debug.Assert(!_isAnswered[index], "A request is in one exchange of a round.");
        _isAnswered[index] = true;
        Interlocked.Decrement(ref _unanswered);
    }

    private void ReceiveError(int index, ReplyError error, RedisAddress node, string text)
    {
        RequestTrouble trouble = new($"{node} has answered {text}", error.IsLoading);
        Note(index, trouble);
        lock (_troubles)
        {
            RedisAddress target = error.Address.Host is "" ? error.Address with { Host = node.Host } : error.Address;
            switch (error.Kind)
            {
                case ReplyErrorKind.Moved:
                    _moved.Add((error.Slot, target));
                    break;
                case ReplyErrorKind.Ask:
                    _asks.Add((index, target));
                    break;
                case ReplyErrorKind.Passing:
                case ReplyErrorKind.ReadOnly when _isReadOnlyPassing:
                    break;
                default:
                    Refusal ??= trouble.Reason;
                    break;
            }
        }
    }
}
