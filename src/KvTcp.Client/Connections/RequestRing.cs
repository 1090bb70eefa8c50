using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace KvTcp.Client;

/// <summary>
/// The requests that have been sent and not yet answered, in their order. One thread at a time enqueues, one thread at a time
/// dequeues, and the two need no lock between them.
/// </summary>
/// <param name="capacity">The number of places.</param>
internal sealed class RequestRing(int capacity)
{
    private readonly PendingRequest?[] _places = new PendingRequest?[BitOperations.RoundUpToPowerOf2((uint)capacity)];

    private readonly int _capacity = capacity;

    // They count without end; the difference is the number of requests, also after an overflow.
    private int _head;
    private int _tail;

    /// <summary>Whether there is no request.</summary>
    public bool IsEmpty => Volatile.Read(ref _tail) == Volatile.Read(ref _head);

    /// <summary>The number of requests.</summary>
    public int Count => Volatile.Read(ref _tail) - Volatile.Read(ref _head);

    /// <summary>Whether all places are taken.</summary>
    public bool IsFull => Count == _capacity;

    /// <summary>Adds a request at the end, where there is room.</summary>
    public void Enqueue(PendingRequest request)
    {
        Debug.Assert(!IsFull);
        int tail = _tail;
        _places[tail & (_places.Length - 1)] = request;
        Volatile.Write(ref _tail, tail + 1);
    }

    /// <summary>The oldest request.</summary>
    public bool TryPeek([NotNullWhen(true)] out PendingRequest? request)
    {
        int head = _head;
        bool isThere = Volatile.Read(ref _tail) != head;
        request = isThere ? _places[head & (_places.Length - 1)] : null;
        return isThere;
    }

    /// <summary>Removes the oldest request, which is there.</summary>
    public void Dequeue()
    {
        Debug.Assert(!IsEmpty);
        _places[_head & (_places.Length - 1)] = null;
        Volatile.Write(ref _head, _head + 1);
    }

    /// <summary>Gives up the requests whose time is over. They keep their places. Any thread may call it.</summary>
    /// <param name="now">The time, as <see cref="Environment.TickCount64"/> tells it.</param>
    public void GiveUpLate(long now)
    {
        int tail = Volatile.Read(ref _tail);
        for (int place = Volatile.Read(ref _head); place != tail; place++)
        {
            // It may have been answered meanwhile, and its place be empty or another's.
            Volatile.Read(ref _places[place & (_places.Length - 1)])?.GiveUpIfLate(now);
        }
    }
}
