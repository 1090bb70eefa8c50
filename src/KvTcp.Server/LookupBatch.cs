using System.Diagnostics;
using KvTcp.Protocol;
using KvTcp.Server.Engine;
using KvTcp.Store;

namespace KvTcp.Server;

/// <summary>
/// Keys that are looked up together, then their results, which are written one by one: first <see cref="Add"/>, then
/// <see cref="Resolve"/>, then <see cref="TryWriteReplies"/> until it has written them all. An engine answers with
/// <see cref="Answer"/> instead, maybe to a part of the keys at a time.
/// </summary>
/// <remarks>
/// A connection needs one only while it has keys to look up or replies to write, so the batch of a thread serves all its
/// connections in turn, and an idle connection holds none. Those for engines, which are waited for, come from a pool of the engine.
/// </remarks>
internal sealed class LookupBatch
{
    /// <summary>Enough keys that their cache misses overlap; few enough that keys and results stay in the first-level cache.</summary>
    public const int Capacity = 64;

    [ThreadStatic]
    private static LookupBatch? t_spare;

    private readonly int _capacity;
    private readonly Lookup[] _results;
    private Guid[] _keys;
    private object[]? _answers;
    private int _answered;
    private int _count;
    private int _next;
    private int _valueOffset;

    private LookupBatch(int capacity, bool isForEngine)
    {
        _capacity = capacity;
        _keys = new Guid[Capacity];
        _results = isForEngine ? [] : new Lookup[capacity];
        _answers = isForEngine ? new object[Capacity] : null;
    }

    /// <summary>How many keys it holds, looked up or not.</summary>
    public int Count => _count;

    /// <summary>Whether there is neither a key to look up nor a reply to write.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>Whether no further key fits.</summary>
    public bool IsFull => _count == _capacity;

    /// <summary>The keys without a result.</summary>
    public ReadOnlySpan<Guid> Unanswered => _keys.AsSpan(_answered, _count - _answered);

    /// <summary>Room for some keys, unless it is full; <see cref="Commit"/> takes those that were put there.</summary>
    public Span<Guid> FreeKeys
    {
        get
        {
            if (_count == _keys.Length && !IsFull)
            {
                Grow();
            }

            return _keys.AsSpan(_count);
        }
    }

    /// <summary>An empty batch.</summary>
    public static LookupBatch Rent()
    {
        LookupBatch? spare = t_spare;
        t_spare = null;
        return spare ?? new LookupBatch(Capacity, isForEngine: false);
    }

    /// <summary>A batch that an engine answers.</summary>
    public static LookupBatch ForEngine() => new(EngineRequests.MaxKeys, isForEngine: true);

    /// <summary>Gives a batch back, whatever is in it.</summary>
    public static void Return(LookupBatch batch)
    {
        batch.Clear();
        t_spare = batch;
    }

    /// <summary>Takes keys that were put into <see cref="FreeKeys"/>.</summary>
    public void Commit(int count) => _count += count;

    /// <summary>Adds a key; the batch is not full.</summary>
    public void Add(Guid key)
    {
        FreeKeys[0] = key;
        _count++;
    }

    /// <summary>Forgets keys and results.</summary>
    public void Clear()
    {
        if (_answers is not null)
        {
            Array.Clear(_answers, 0, _answered);
        }

        _count = 0;
        _answered = 0;
        _next = 0;
        _valueOffset = 0;
    }

    /// <summary>Looks up all keys at once.</summary>
    /// <returns>How many were hits.</returns>
    public int Resolve(Dataset dataset)
    {
        dataset.Find(_keys.AsSpan(0, _count), _results);
        _answered = _count;
        int hits = 0;
        foreach (ref readonly Lookup result in _results.AsSpan(0, _count))
        {
            hits += result.IsHit ? 1 : 0;
        }

        return hits;
    }

    /// <summary>Takes the answers of an engine to the next keys, as many as it has.</summary>
    /// <param name="requests">Where they are.</param>
    /// <returns>How many were hits, misses and failures.</returns>
    public (int Hits, int Misses, int Failures) Answer(EngineRequests requests)
    {
        Debug.Assert(_answers is not null);
        Span<object> answers = requests.CopyAnswers(_answers.AsSpan(_answered, _count - _answered));
        (int hits, int failures) = (0, 0);
        foreach (object answer in answers)
        {
            switch (answer)
            {
                case byte[]:
                    hits++;
                    break;
                case EngineFailure:
                    failures++;
                    break;
            }
        }

        _answered += answers.Length;
        return (hits, answers.Length - hits - failures, failures);
    }

    /// <summary>One of the keys that were looked up, any as likely as any other, and whether it is a hit. The batch has results.</summary>
    public (Guid Key, bool IsHit) PickOne()
    {
        int picked = Random.Shared.Next(_answered);
        return (_keys[picked], _answers is null ? _results[picked].IsHit : _answers[picked] is byte[]);
    }

    /// <summary>Writes replies until all that have results are written or the writer has written <paramref name="limit"/> bytes.</summary>
    /// <returns>
    /// Whether they are; the batch is empty then, unless it has <see cref="Unanswered"/> keys. If not, a later call goes on, even in the middle of
    /// a value.
    /// </returns>
    public bool TryWriteReplies<TWriter>(ref TWriter writer, long limit)
        where TWriter : struct, IValueWriter, allows ref struct
    {
        if (_answers is not null)
        {
            return TryWriteAnswers(ref writer, _answers, limit);
        }

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

    /// <summary>Only those of engines: they are waited for, as many at once as there are connections, and most have few keys.</summary>
    private void Grow()
    {
        int length = Math.Min(4 * _keys.Length, _capacity);
        Array.Resize(ref _keys, length);
        Array.Resize(ref _answers, length);
    }

    private bool TryWriteAnswers<TWriter>(ref TWriter writer, object[] answers, long limit)
        where TWriter : struct, IValueWriter, allows ref struct
    {
        for (; _next < _answered; _next++)
        {
            long room = limit - writer.Written;
            if (room <= 0)
            {
                return false;
            }

            switch (answers[_next])
            {
                case byte[] value when _valueOffset == 0 && value.Length <= room:
                    writer.WriteValue(value);
                    break;
                case byte[] value when !TryWriteRestOfValue(ref writer, value, room):
                    return false;
                case EngineFailure failure:
                    writer.WriteError(failure.Code, failure.Text);
                    break;
                case not byte[] when answers[_next] != EngineRequests.Miss:
                    throw new UnreachableException("A key was answered with what is no answer.");
                case not byte[]:
                    writer.WriteNotFound();
                    break;
            }
        }

        if (_answered == _count)
        {
            Clear();
        }

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
