namespace KvTcp.Store;

/// <summary>Some pairs in memory of their own, filled by <see cref="PairReader"/> again and again. One thread at a time.</summary>
public sealed class PairBlock
{
    private readonly Guid[] _keys;
    private readonly int[] _ends;
    private readonly int _fullLength;
    private byte[] _values;

    /// <summary>Makes an empty block.</summary>
    /// <param name="maxPairs">The most pairs; 1 or more.</param>
    /// <param name="fullLength">The length of all values, in bytes, from which the block is full.</param>
    public PairBlock(int maxPairs, int fullLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxPairs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(fullLength);
        _keys = new Guid[maxPairs];
        _ends = new int[maxPairs];
        _values = new byte[fullLength];
        _fullLength = fullLength;
    }

    /// <summary>How many pairs there are.</summary>
    public int Count { get; private set; }

    /// <summary>Where the reader stood behind the last pair: what <see cref="PairReader.SkipTo"/> takes.</summary>
    public long End { get; internal set; }

    /// <summary>The length of all values.</summary>
    public int ValueBytes => Count == 0 ? 0 : _ends[Count - 1];

    /// <summary>Whether nothing more is put into it.</summary>
    public bool IsFull => Count == _keys.Length || ValueBytes >= _fullLength;

    /// <summary>The key of a pair.</summary>
    /// <param name="index">The pair, from 0.</param>
    public Guid Key(int index) => _keys[index];

    /// <summary>The value of a pair, valid until the block is filled again.</summary>
    /// <param name="index">The pair, from 0.</param>
    public ReadOnlySpan<byte> Value(int index)
    {
        int start = index == 0 ? 0 : _ends[index - 1];
        return _values.AsSpan(start, _ends[index] - start);
    }

    internal void Clear() => Count = 0;

    internal void Add(Guid key, ReadOnlySpan<byte> value)
    {
        int start = ValueBytes;
        if (_values.Length - start < value.Length)
        {
            Array.Resize(ref _values, Math.Max(start + value.Length, Math.Min(2 * _values.Length, Array.MaxLength)));
        }

        value.CopyTo(_values.AsSpan(start));
        _keys[Count] = key;
        _ends[Count++] = start + value.Length;
    }
}
