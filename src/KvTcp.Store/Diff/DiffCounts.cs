namespace KvTcp.Store;

/// <summary>How many keys two datasets differ in.</summary>
/// <param name="Added">Keys that only the second one has.</param>
/// <param name="Removed">Keys that only the first one has.</param>
/// <param name="Changed">Keys with different values.</param>
/// <param name="Equal">Keys with equal values.</param>
public readonly record struct DiffCounts(long Added, long Removed, long Changed, long Equal)
{
    /// <summary>Whether both hold the same pairs.</summary>
    public bool IsSame => Added + Removed + Changed == 0;
}
