namespace KvTcp.Store;

/// <summary>A key with its value, in the dataset's own memory: valid as long as the dataset is held.</summary>
public readonly unsafe struct Pair
{
    private readonly byte* _value;
    private readonly int _length;

    internal Pair(Guid key, byte* value, int length)
    {
        Key = key;
        _value = value;
        _length = length;
    }

    /// <summary>The key.</summary>
    public Guid Key { get; }

    /// <summary>The value.</summary>
    public ReadOnlySpan<byte> Value => new(_value, _length);

    /// <summary>The value, as a lookup of the key finds it.</summary>
    public Lookup Found => new(_value, _length);
}
