namespace KvTcp.Store;

/// <summary>Loads data files into a <see cref="Dataset"/>, with all processors, or opens a snapshot as one.</summary>
public static class DatasetLoader
{
    /// <summary>Loads all sources as one dataset. A snapshot is loaded alone.</summary>
    /// <param name="sources">The sources, in the order that decides which duplicate is the last; none gives an empty dataset.</param>
    /// <param name="options">How to read them.</param>
    /// <param name="progress">Is told now and then how far the load is, from a thread of the load.</param>
    /// <param name="cancellationToken">
    /// Cancels the load and frees its memory. A read that waits for data (standard input) is noticed only when it returns.
    /// </param>
    /// <returns>The dataset, which the caller owns, and the report.</returns>
    /// <exception cref="ArgumentException">An option is outside its limits.</exception>
    /// <exception cref="DataFileException">
    /// A bad line or a duplicate that the options do not allow, damaged gzip, a snapshot that cannot be read, or one among other sources.
    /// </exception>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    /// <exception cref="IOException">A file is a directory, cannot be read, or became shorter meanwhile.</exception>
    /// <exception cref="OutOfMemoryException">The system does not grant the memory.</exception>
    /// <exception cref="OperationCanceledException">The load was cancelled.</exception>
    public static LoadResult Load(
        IReadOnlyList<DataSource> sources,
        DataFileOptions options,
        IProgress<LoadProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        Load(sources, options, new LoadTuning(), progress, cancellationToken);

    internal static LoadResult Load(
        IReadOnlyList<DataSource> sources,
        DataFileOptions options,
        LoadTuning tuning,
        IProgress<LoadProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentNullException.ThrowIfNull(options);
        if (options.FindFault() is string fault)
        {
            throw new ArgumentException(fault, nameof(options));
        }

        return new DatasetLoad(sources, options, tuning).Run(progress, cancellationToken);
    }
}
