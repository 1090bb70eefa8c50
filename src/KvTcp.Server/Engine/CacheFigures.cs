namespace KvTcp.Server.Engine;

/// <summary>What a cache has done since the start, and what it holds.</summary>
/// <param name="Hits">Keys that were answered from it.</param>
/// <param name="Misses">Keys that were not.</param>
/// <param name="Evictions">Answers that were given up for others.</param>
/// <param name="Entries">Answers that it holds, those that are too old among them.</param>
/// <param name="Bytes">The memory that these take, about.</param>
internal readonly record struct CacheFigures(long Hits, long Misses, long Evictions, long Entries, long Bytes)
{
    /// <summary>Adds the figures of two.</summary>
    public static CacheFigures operator +(CacheFigures a, CacheFigures b) =>
        new(a.Hits + b.Hits, a.Misses + b.Misses, a.Evictions + b.Evictions, a.Entries + b.Entries, a.Bytes + b.Bytes);
}
