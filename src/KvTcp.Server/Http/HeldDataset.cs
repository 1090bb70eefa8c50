using KvTcp.Store;

namespace KvTcp.Server.Http;

/// <summary>A lease on a dataset, and whether it is still the one that is served; by default none. To be disposed once.</summary>
internal readonly struct HeldDataset(DatasetHolder datasets, ServedDataset? served, DatasetLease lease) : IDisposable
{
    /// <summary>The dataset.</summary>
    public Dataset Dataset => lease.Dataset;

    /// <summary>The id of the dataset; null where there is none.</summary>
    public string? DatasetId => served?.Dataset.Id.ToString();

    /// <summary>Whether another one is served by now.</summary>
    public bool IsOld => served is not null && datasets.Current != served;

    /// <summary>The entity tag of everything that is answered from it; null where there is no dataset.</summary>
    /// <remarks>Weak, since one value has several representations: as JSON, as text, compressed or not.</remarks>
    public string? EntityTag => served?.EntityTag;

    public void Dispose() => lease.Dispose();
}
