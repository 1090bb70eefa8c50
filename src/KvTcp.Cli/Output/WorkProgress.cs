using KvTcp.Store;

namespace KvTcp.Cli;

/// <summary>How far a piece of work is; written by the work, read by <see cref="ProgressBar"/>. Thread-safe.</summary>
internal sealed class WorkProgress : IProgress<LoadProgress>, IProgress<long>
{
    private long _done;
    private long _total;

    /// <summary>Starts at nothing.</summary>
    /// <param name="total">How much there is to do, or 0 when that is not known.</param>
    public WorkProgress(long total = 0) => _total = total;

    public long Done => Volatile.Read(ref _done);

    /// <summary>How much there is to do, or 0 when that is not known.</summary>
    public long Total => Volatile.Read(ref _total);

    /// <inheritdoc/>
    public void Report(LoadProgress value)
    {
        Volatile.Write(ref _total, value.TotalBytes ?? 0);
        Volatile.Write(ref _done, value.BytesRead);
    }

    /// <inheritdoc/>
    public void Report(long value) => Volatile.Write(ref _done, value);
}
