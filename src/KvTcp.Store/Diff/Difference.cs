namespace KvTcp.Store;

/// <summary>How two datasets differ in a key.</summary>
public enum Difference
{
    /// <summary>Only the second one has the key.</summary>
    Added,

    /// <summary>Only the first one has the key.</summary>
    Removed,

    /// <summary>Both have the key, with different values.</summary>
    Changed,
}
