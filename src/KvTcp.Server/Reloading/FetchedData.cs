using KvTcp.Store;

namespace KvTcp.Server;

/// <summary>The data of a source, ready to be loaded.</summary>
/// <param name="Data">What the loader reads.</param>
/// <param name="Version">Which version it is.</param>
/// <param name="Path">The file that it lies in; null for standard input.</param>
/// <param name="Length">Its length as it is stored, in bytes; null when that is not known.</param>
internal sealed record FetchedData(DataSource Data, SourceVersion Version, string? Path, long? Length) : IDisposable
{
    /// <summary>Whether the file itself lies in memory: a snapshot in it is copied, so that the file can go.</summary>
    public bool IsInMemory { get; init; }

    /// <summary>The version that the source has by now.</summary>
    public required Func<SourceVersion?> CurrentVersion { get; init; }

    /// <summary>Removes what was fetched only for this load.</summary>
    public Action? Release { get; init; }

    public void Dispose() => Release?.Invoke();
}
