namespace KvTcp.Store;

/// <summary>A dataset and how its load went.</summary>
/// <param name="Dataset">The dataset; the caller owns it.</param>
/// <param name="Report">What was read.</param>
public sealed record LoadResult(Dataset Dataset, LoadReport Report);
