namespace KvTcp.Compare;

/// <summary>A server of a comparison. Immutable.</summary>
/// <param name="Name">What tables call it.</param>
/// <param name="Version">Its version; null when it could not be installed.</param>
/// <param name="Settings">How it was started.</param>
/// <param name="Workers">The processes that each hold the data, where starts and memory are measured.</param>
/// <param name="Failure">Why figures are missing; null when none are.</param>
internal sealed record ServerNote(string Name, string? Version, string Settings, int Workers, string? Failure);
