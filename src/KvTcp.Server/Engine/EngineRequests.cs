using System.Numerics;
using System.Text.Unicode;
using KvTcp.Protocol.Resp;
using KvTcp.Redis;

namespace KvTcp.Server.Engine;

/// <summary>
/// The keys of a batch that an engine is asked for, and the answers to all keys of the batch, those from the cache among them.
/// One batch at a time.
/// </summary>
/// <remarks>
/// Of the values it keeps so many that they take no more memory than replies of a connection may; the first is kept in any case. The keys of
/// the others are asked for again, by a later batch, when the values before them have been written.
/// </remarks>
internal sealed class EngineRequests : KeyedRequests
{
    /// <summary>How many keys are asked for at once at most. A round trip costs as much as looking up thousands of keys in memory.</summary>
    public const int MaxKeys = 1024;

    /// <summary>How many keys to ask for at first, as long as nothing is known of how long their values are.</summary>
    public const int FirstKeys = 64;

    /// <summary>How many bytes of values are kept at once, beside the first.</summary>
    public const int MaxBytes = 64 << 10;

    /// <summary>The answer to a key that the engine does not have.</summary>
    public static readonly object Miss = new();

    private const int LeastRoom = 16;

    private static readonly object Dropped = new();

    private readonly RedisEngine _engine;
    private Guid[] _asked = [];
    private int[] _places = [];

    // Each is a byte[], an EngineFailure, Miss or Dropped. One reference, so that a reply that comes too late can never be seen by halves.
    private object[] _answers = [];
    private EngineFailure _lastFailure = EngineFailure.NoAnswer;
    private int _count;
    private long _bytes;
    private long _started;

    /// <summary>Makes requests to an engine.</summary>
    /// <param name="engine">The engine.</param>
    public EngineRequests(RedisEngine engine)
    {
        _engine = engine;
    }

    public override bool SkipsLongValues => true;

    /// <summary>How many keys the batch has.</summary>
    public int KeyCount => _count;

    /// <summary>Begins with a batch: answers from the cache what it has.</summary>
    /// <param name="keys">The keys, at most <see cref="MaxKeys"/>.</param>
    /// <returns>Whether the engine is to be asked for some.</returns>
    public bool Start(ReadOnlySpan<Guid> keys)
    {
        MakeRoom(keys.Length);
        _count = keys.Length;
        _bytes = 0;
        _started = Environment.TickCount64;
        int asked = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            if (_engine.Cache is ValueCache cache && cache.TryGet(keys[i], out byte[]? value))
            {
                Keep(i, value);
                continue;
            }

            _answers[i] = EngineFailure.NoAnswer;
            _asked[asked] = keys[i];
            _places[asked] = i;
            asked++;
        }

        if (asked > 0)
        {
            Restart(asked);
        }

        return asked > 0;
    }

    /// <summary>Copies the answers: a <c>byte[]</c>, an <see cref="EngineFailure"/>, or <see cref="Miss"/> for each key, or for so many of the first that their values fit.</summary>
    /// <param name="answers">Receives them; has room for all.</param>
    /// <returns>Those that were copied; at least one.</returns>
    public Span<object> CopyAnswers(Span<object> answers)
    {
        int copied = 0;
        while (copied < _count && Volatile.Read(ref _answers[copied]) is object answer && answer != Dropped)
        {
            answers[copied++] = answer;
        }

        return answers.Slice(0, copied);
    }

    /// <summary>Asks the engine, after <see cref="Start"/>.</summary>
    /// <returns>Whether these requests may be used again; if not, replies to them may still come.</returns>
    public async Task<bool> AskAsync()
    {
        using CancellationTokenSource limit = new(_engine.Options.Timeout);
        bool isSettled = await _engine.ReadAsync(this, limit.Token);
        if (isSettled && _engine.Cache is ValueCache cache)
        {
            // Not before: a later reply may have shown that an earlier one is not to be trusted.
            PutInto(cache);
        }

        return isSettled;
    }

    /// <summary>Lets go of the values.</summary>
    public void Forget()
    {
        Array.Clear(_answers, 0, _count);
        _count = 0;
    }

    protected override Guid KeyOf(int index) => _asked[index];

    protected override void Write(int index, scoped ReadOnlySpan<byte> key, ref RespWriter writer)
    {
        writer.WriteArray(2);
        writer.WriteValue("GET"u8);
        writer.WriteValue(key);
    }

    protected override bool TryTake(int index, in RespReply reply)
    {
        int place = _places[index];
        switch (reply.Kind)
        {
            case RespReplyKind.Null:
                Keep(place, value: null);
                return true;
            case RespReplyKind.Bulk when !IsText(reply.Text):
                Volatile.Write(ref _answers[place], EngineFailure.NoText);
                return true;
            case RespReplyKind.Bulk:
                bool isKept = place == 0 || Interlocked.Add(ref _bytes, reply.Text.Length) <= MaxBytes;
                Volatile.Write(ref _answers[place], isKept ? reply.Text.ToArray() : Dropped);
                return true;
            default:
                Volatile.Write(ref _answers[place], EngineFailure.NoString);
                return reply.Kind == RespReplyKind.Error;
        }
    }

    protected override void OnTrouble(int index, RequestTrouble trouble)
    {
        EngineFailure failure = EngineFailure.Of(trouble, Volatile.Read(ref _lastFailure));
        Volatile.Write(ref _lastFailure, failure);
        Volatile.Write(ref _answers[_places[index]], failure);
    }

    /// <summary>Most batches have few keys, and as many of them wait as there are connections.</summary>
    private void MakeRoom(int count)
    {
        if (count > _answers.Length)
        {
            int room = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(count, LeastRoom));
            _asked = new Guid[room];
            _places = new int[room];
            _answers = new object[room];
        }
    }

    private void PutInto(ValueCache cache)
    {
        for (int i = 0; i < Count; i++)
        {
            object answer = _answers[_places[i]];
            if (answer is byte[] || answer == Miss)
            {
                cache.Put(_asked[i], answer as byte[], _started);
            }
        }
    }

    private void Keep(int place, byte[]? value)
    {
        bool isKept = value is null || place == 0 || Interlocked.Add(ref _bytes, value.Length) <= MaxBytes;
        Volatile.Write(ref _answers[place], isKept ? value ?? Miss : Dropped);
    }

    /// <summary>Whether a data file could hold a value: any protocol can carry it then.</summary>
    private static bool IsText(ReadOnlySpan<byte> value) => value.IndexOfAny((byte)'\n', (byte)'\r', (byte)0) < 0 && Utf8.IsValid(value);
}
