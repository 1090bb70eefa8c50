using System.Diagnostics;

namespace KvTcp.LoadGen;

/// <summary>The requests of a connection that have been sent and not answered, in order. For one thread.</summary>
internal sealed class InFlightRequests
{
    private readonly long[] _due;
    private readonly long[] _sent;
    private readonly long[] _keys;
    private readonly int _keptKeys;
    private int _oldest;
    private int _next;

    /// <summary>Makes an empty queue.</summary>
    /// <param name="capacity">The pipeline depth.</param>
    /// <param name="keptKeys">How many keys of each request to remember; 0 when replies are not verified.</param>
    public InFlightRequests(int capacity, int keptKeys)
    {
        _due = new long[capacity];
        _sent = new long[capacity];
        _keys = new long[capacity * keptKeys];
        _keptKeys = keptKeys;
    }

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>How many more there may be.</summary>
    public int Room => _due.Length - Count;

    /// <summary>From when the latency of the oldest counts.</summary>
    public long OldestDue => _due[_oldest];

    /// <summary>When the oldest was sent.</summary>
    public long OldestSent => _sent[_oldest];

    /// <summary>The keys of the oldest, when they are remembered.</summary>
    public ReadOnlySpan<long> OldestKeys => _keys.AsSpan(_oldest * _keptKeys, _keptKeys);

    /// <summary>Adds a request.</summary>
    /// <param name="due">From when its latency counts.</param>
    /// <param name="sent">When it was sent.</param>
    /// <param name="keys">Its keys, as many as are remembered.</param>
    public void Add(long due, long sent, ReadOnlySpan<long> keys)
    {
        Debug.Assert(Room > 0, "no more than the depth is sent");
        _due[_next] = due;
        _sent[_next] = sent;
        keys.CopyTo(_keys.AsSpan(_next * _keptKeys));
        _next = _next + 1 == _due.Length ? 0 : _next + 1;
        Count++;
    }

    /// <summary>Removes the oldest.</summary>
    public void Remove()
    {
        Debug.Assert(Count > 0, "a reply answers a request");
        _oldest = _oldest + 1 == _due.Length ? 0 : _oldest + 1;
        Count--;
    }
}
