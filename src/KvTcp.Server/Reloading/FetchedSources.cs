namespace KvTcp.Server;

/// <summary>What a reload has fetched, by source; disposing it removes what was fetched only for this reload.</summary>
/// <param name="count">The number of sources.</param>
internal sealed class FetchedSources(int count) : IDisposable
{
    private readonly FetchedData?[] _data = new FetchedData?[count];

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
