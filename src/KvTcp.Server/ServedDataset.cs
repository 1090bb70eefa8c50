using KvTcp.Store;

namespace KvTcp.Server;

/// <summary>The dataset that a server answers from, with what STATS says of where it comes from. Immutable.</summary>
/// <param name="Dataset">The pairs.</param>
/// <param name="Source">The data files, comma-separated.</param>
/// <param name="Report">What the load found.</param>
public sealed record ServedDataset(Dataset Dataset, string Source, LoadReport Report);
