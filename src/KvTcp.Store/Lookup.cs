namespace KvTcp.Store;

/// <summary>What <see cref="Dataset.Find"/> found for one key: a hit with its value, or a miss.</summary>
/// <remarks>
/// It points into the dataset's native memory, so it is valid as long as the dataset is held: by its owner or by a
/// <see cref="DatasetLease"/>. <c>default</c> is neither; only results that <see cref="Dataset.Find"/> wrote have a meaning.
/// </remarks>
public readonly unsafe struct Lookup
{
    private const int MissLength = -1;

    private readonly byte* _value;
    private readonly int _length;

    internal Lookup(byte* value, int length)
    {
        _value = value;
        _length = length;
    }

    /// <summary>Whether the dataset has the key.</summary>
    public bool IsHit => _length >= 0;

    /// <summary>The value; empty for a miss, and for a hit whose value is empty.</summary>
    public ReadOnlySpan<byte> Value => _length > 0 ? new ReadOnlySpan<byte>(_value, _length) : default;

    internal static Lookup Miss => new(null, MissLength);
}
