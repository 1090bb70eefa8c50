namespace KvTcp.Server;

/// <summary>What <see cref="DatasetHolder.RollBack"/> has done.</summary>
/// <param name="EndsReloads">Whether reloads that were asked for before can publish nothing any more.</param>
/// <param name="Returned">The dataset that is served again; null when there was none to return to.</param>
/// <param name="Retired">What was served, for the caller to dispose: giving it back may take longer than who asks for a rollback can wait.</param>
internal readonly record struct Rollback(bool EndsReloads, ServedDataset? Returned, ServedDataset? Retired);
