namespace KvTcp.Server.Engine;

/// <summary>
/// A part of a cache. When it is full, a hand goes round over the entries and gives up the first that was not used since it last came
/// past: nearly as good as giving up what was not used for longest, without a list to mend at each hit. Thread-safe.
/// </summary>
/// <param name="size">The most memory that it may take, in bytes.</param>
/// <param name="ttl">How long an answer is good, in milliseconds.</param>
internal sealed class CacheStripe(long size, long ttl)
{
    /// <summary>What an entry takes beside its value: its place here and in the dictionary, both half empty at worst, and the header of an array.</summary>
    private const int EntryBytes = 184;

    private const int LeastEntries = 16;

    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, int> _places = new(KeyHash.Instance);
    private Entry[] _entries = new Entry[LeastEntries];
    private int _count;
    private int _hand;
    private long _bytes;
    private long _hits;
    private long _misses;
    private long _evictions;

    /// <summary>What it has done, and what it holds.</summary>
    public CacheFigures Figures
    {
        get
        {
            lock (_lock)
            {
                return new CacheFigures(_hits, _misses, _evictions, _count, _bytes);
            }
        }
    }

    /// <inheritdoc cref="ValueCache.TryGet"/>
    public bool TryGet(Guid key, out byte[]? value)
    {
        long now = Environment.TickCount64;
        lock (_lock)
        {
            if (_places.TryGetValue(key, out int place) && now - _entries[place].Asked < TtlOf(_entries[place].Value))
            {
                _entries[place].IsUsed = true;
                value = _entries[place].Value;
                _hits++;
                return true;
            }

            _misses++;
            value = null;
            return false;
        }
    }

    /// <inheritdoc cref="ValueCache.Put"/>
    public void Put(Guid key, byte[]? value, long asked)
    {
        long bytes = BytesOf(value);
        if (bytes > size)
        {
            return;
        }

        lock (_lock)
        {
            if (!_places.TryGetValue(key, out int place))
            {
                _bytes += bytes;
                Add(new Entry { Key = key, Value = value, Asked = asked });
            }
            else if (_entries[place].Asked <= asked)
            {
                _bytes += bytes - BytesOf(_entries[place].Value);
                _entries[place].Value = value;
                _entries[place].Asked = asked;
            }

            while (_bytes > size)
            {
                GiveUpOne();
            }
        }
    }

    private long TtlOf(byte[]? value) => value is null ? ttl / 2 : ttl;

    private static long BytesOf(byte[]? value) => EntryBytes + (value?.Length ?? 0);

    private void Add(in Entry entry)
    {
        if (_count == _entries.Length)
        {
            Resize(_count + _count / 2);
        }

        _entries[_count] = entry;
        _places.Add(entry.Key, _count);
        _count++;
    }

    private void GiveUpOne()
    {
        for (; ; _hand++)
        {
            _hand = _hand < _count ? _hand : 0;
            if (!_entries[_hand].IsUsed)
            {
                break;
            }

            _entries[_hand].IsUsed = false;
        }

        // The last one moves into its place, and is looked at when the hand comes round again.
        Entry last = _entries[--_count];
        _bytes -= BytesOf(_entries[_hand].Value);
        _places.Remove(_entries[_hand].Key);
        if (_hand < _count)
        {
            _entries[_hand] = last;
            _places[last.Key] = _hand;
        }

        _entries[_count] = default;
        _hand++;
        _evictions++;
        if (_count < _entries.Length / 2 && _entries.Length > LeastEntries)
        {
            Resize(Math.Max(_count + _count / 2, LeastEntries));
        }
    }

    /// <summary>Few long values may follow many short ones: the tables must not go on taking what those took.</summary>
    private void Resize(int length)
    {
        Array.Resize(ref _entries, length);
        if (length < _places.Capacity)
        {
            _places.TrimExcess(length);
        }
        else
        {
            _places.EnsureCapacity(length);
        }
    }

    private record struct Entry
    {
        public Guid Key;
        public byte[]? Value;
        public long Asked;
        public bool IsUsed;
    }
}
