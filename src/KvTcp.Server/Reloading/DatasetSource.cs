namespace KvTcp.Server;

/// <summary>Where a server's data comes from, again and again: a file, standard input, a URL. One reload at a time uses it.</summary>
public abstract class DatasetSource : IDisposable
{
    /// <summary>The name that logs, STATS and messages show.</summary>
    public abstract string Name { get; }

    /// <summary>The path of a file that can be watched; null for others.</summary>
    internal virtual string? WatchedPath => null;

    /// <summary>Whether getting the data costs so much that a reload first asks whether it has changed.</summary>
    internal virtual bool IsRemote => false;

    /// <summary>Gets hold of the data.</summary>
    /// <param name="known">A version that is not wanted; null for whatever there is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The data, to be disposed after the load; null when the source still has the version that is not wanted.</returns>
    /// <exception cref="ReloadRefusedException">The source does not give its data.</exception>
    /// <exception cref="IOException">The same.</exception>
    internal abstract Task<FetchedData?> FetchAsync(SourceVersion? known, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Removes what the source keeps on disk.</summary>
    /// <param name="disposing">Always true.</param>
    protected virtual void Dispose(bool disposing)
    {
    }
}
