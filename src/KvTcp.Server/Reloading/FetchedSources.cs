namespace KvTcp.Server;

/// <summary>What a reload has fetched, by source; disposing it removes what was fetched only for this reload.</summary>
/// <param name="versions">The versions that are known of the sources.</param>
internal sealed class FetchedSources(SourceVersion?[] versions) : IDisposable
{
    private readonly FetchedData?[] _data = new FetchedData?[versions.Length];

    /// <summary>Which version of each source is fetched, or is known and still there.</summary>
    public SourceVersion?[] Versions => versions;

    /// <summary>Whether no source had anything new.</summary>
    public bool HasNothing => Array.TrueForAll(_data, static data => data is null);

    /// <summary>The data of all sources, once all are fetched.</summary>
    public IReadOnlyList<FetchedData> All => [.. _data.Select(static data => data!)];

    /// <summary>The data of a source; null if it had nothing new.</summary>
    public FetchedData? this[int source]
    {
        get => _data[source];
        set => _data[source] = value;
    }

    public void Dispose()
    {
        foreach (FetchedData? data in _data)
        {
            data?.Dispose();
        }
    }
}
