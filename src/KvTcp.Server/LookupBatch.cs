using KvTcp.Protocol;
using KvTcp.Store;

namespace KvTcp.Server;

/// <summary>
/// Keys that are looked up together, then their results, which are written one by one: first <see cref="Add"/>, then
/// <see cref="Resolve"/>, then <see cref="TryWriteReplies"/> until it has written them all.
/// </summary>
/// <remarks>
/// A connection needs one only while it has keys to look up or replies to write, so the batch of a thread serves all its
/// connections in turn, and an idle connection holds none.
/// </remarks>
internal sealed class LookupBatch
{
    /// <summary>Enough keys that their cache misses overlap; few enough that keys and results stay in the first-level cache.</summary>
    public const int Capacity = 64;

    [ThreadStatic]
    private static LookupBatch? t_spare;

    private readonly Guid[] _keys = new Guid[Capacity];
    private readonly Lookup[] _results = new Lookup[Capacity];
    private int _count;
    private int _next;
    private int _valueOffset;

    private LookupBatch()
    {
    }

    /// <summary>How many keys it holds, looked up or not.</summary>
    public int Count => _count;

    /// <summary>Whether there is neither a key to look up nor a reply to write.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>Whether no further key fits.</summary>
    public bool IsFull => _count == Capacity;

    /// <summary>The result of the first key, once looked up.</summary>
    public Lookup First => _results[0];

    /// <summary>Room for keys; <see cref="Commit"/> takes those that were put there.</summary>
    public Span<Guid> FreeKeys => _keys.AsSpan(_count);

    /// <summary>An empty batch.</summary>
    public static LookupBatch Rent()
    {
        LookupBatch? spare = t_spare;
        t_spare = null;
        return spare ?? new LookupBatch();
    }

    /// <summary>Gives a batch back, whatever is in it.</summary>
    public static void Return(LookupBatch batch)
    {
        batch.Clear();
        t_spare = batch;
    }

    /// <summary>Takes keys that were put into <see cref="FreeKeys"/>.</summary>
    public void Commit(int count) => _count += count;

    /// <summary>Adds a key; the batch is not full.</summary>
    public void Add(Guid key) => _keys[_count++] = key;

    /// <summary>Forgets keys and results.</summary>
    public void Clear()
    {
        _count = 0;
        _next = 0;
        _valueOffset = 0;
    }

    /// <summary>Looks up all keys at once.</summary>
    /// <returns>How many were hits.</returns>
    public int Resolve(Dataset dataset)
    {
        dataset.Find(_keys.AsSpan(0, _count), _results);
        int hits = 0;
        foreach (ref readonly Lookup result in _results.AsSpan(0, _count))
        {
            hits += result.IsHit ? 1 : 0;
        }

        return hits;
    }

    /// <summary>One of the keys that were looked up, any as likely as any other, and whether it is a hit. The batch is not empty.</summary>
    public (Guid Key, bool IsHit) PickOne()
    {
        int picked = Random.Shared.Next(_count);
        return (_keys[picked], _results[picked].IsHit);
    }

    /// <summary>Writes replies until all are written or the writer has written <paramref name="limit"/> bytes.</summary>
    /// <returns>Whether all are written; the batch is empty then. If not, a later call goes on, even in the middle of a value.</returns>
    public bool TryWriteReplies<TWriter>(ref TWriter writer, long limit)
        where TWriter : struct, IValueWriter, allows ref struct
    {
        while (_next < _count)
        {
            long room = limit - writer.Written;
            if (room <= 0)
            {
                return false;
            }

            Lookup result = _results[_next];
            if (!result.IsHit)
            {
                writer.WriteNotFound();
            }
            else if (_valueOffset == 0 && result.Value.Length <= room)
            {
                writer.WriteValue(result.Value);
            }
            else if (!TryWriteRestOfValue(ref writer, result.Value, room))
            {
                return false;
            }

            _next++;
        }

        Clear();
        return true;
    }

    private bool TryWriteRestOfValue<TWriter>(ref TWriter writer, ReadOnlySpan<byte> value, long room)
        where TWriter : struct, IValueWriter, allows ref struct
    {
        if (_valueOffset == 0)
        {
            writer.WriteValueStart(value.Length);
        }

        int length = (int)Math.Min(room, value.Length - _valueOffset);
        writer.WriteValuePart(value.Slice(_valueOffset, length));
        _valueOffset += length;
        if (_valueOffset < value.Length)
        {
            return false;
        }

        writer.WriteValueEnd();
        _valueOffset = 0;
        return true;
    }
}
