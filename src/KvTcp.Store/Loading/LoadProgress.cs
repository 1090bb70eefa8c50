namespace KvTcp.Store;

/// <summary>How far a load is.</summary>
/// <param name="BytesRead">Bytes read so far from the sources, as they are stored; never falls.</param>
/// <param name="TotalBytes">The size of all sources, or null when one of them is a stream of unknown length.</param>
public sealed record LoadProgress(long BytesRead, long? TotalBytes);
