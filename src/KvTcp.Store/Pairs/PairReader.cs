namespace KvTcp.Store;

/// <summary>
/// Reads the pairs of a data file or a snapshot in an order that is always the same, in memory that does not grow with it. One thread at a
/// time, but for <see cref="Done"/>.
/// </summary>
public abstract class PairReader : IDisposable
{
    private protected PairReader()
    {
    }

    /// <summary>Counts up while pairs are read, to <see cref="Total"/>. Any thread may ask.</summary>
    public abstract long Done { get; }

    /// <summary>What <see cref="Done"/> comes to in the end; 0 when that is not known.</summary>
    public abstract long Total { get; }

    /// <summary>How many lines were no pairs and have been left out, as <see cref="DataFileOptions.OnBadLine"/> allows.</summary>
    public virtual long BadLines => 0;

    /// <summary>Opens a source; a snapshot is verified as a whole first.</summary>
    /// <param name="source">The data file, plain or gzip, or the snapshot.</param>
    /// <param name="options">
    /// How to read it. Every pair of a data file is given, in the order of the lines: <see cref="DataFileOptions.Duplicates"/> counts for nothing.
    /// </param>
    /// <param name="cancellationToken">Gives up verifying.</param>
    /// <exception cref="DataFileException">It is a snapshot that cannot be read, or damaged gzip.</exception>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    /// <exception cref="IOException">The file is a directory, or cannot be read.</exception>
    public static PairReader Open(DataSource source, DataFileOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(options);
        OpenedSource opened = OpenedSource.Open(source);
        try
        {
            var meter = new ProgressMeter(progress: null, opened.StoredLength);
            return opened.IsSnapshot(meter)
                ? new SnapshotPairReader(opened, options, meter, cancellationToken)
                : new TextPairReader(opened, options, meter);
        }
        catch (InvalidDataException exception)
        {
            opened.Dispose();
            throw new DataFileException($"{source.Name}: damaged gzip: {exception.Message}", new LoadReport(), exception);
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Goes on behind pairs that have been read before, by this reader or another one of the same data.</summary>
    /// <param name="position">A <see cref="PairBlock.End"/>. Only before anything is read.</param>
    /// <exception cref="DataFileException">The data ends before that.</exception>
    /// <exception cref="IOException">The source cannot be read.</exception>
    public abstract void SkipTo(long position);

    /// <summary>Fills a block with the next pairs.</summary>
    /// <param name="block">The block.</param>
    /// <returns>Whether there were any.</returns>
    /// <exception cref="DataFileException">
    /// A line is no pair, and the options do not allow that; the pairs before it have been given. Or damaged gzip.
    /// </exception>
    /// <exception cref="IOException">The source cannot be read.</exception>
    public abstract bool TryRead(PairBlock block);

    /// <summary>Closes the source.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the source.</summary>
    /// <param name="disposing">Always so: there is no finalizer.</param>
    protected abstract void Dispose(bool disposing);
}
