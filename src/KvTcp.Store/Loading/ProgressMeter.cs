namespace KvTcp.Store;

/// <summary>Adds up what the workers read, and reports it now and then, never falling.</summary>
internal sealed class ProgressMeter(IProgress<LoadProgress>? progress, long? totalBytes)
{
    private const long ReportEvery = 4 << 20;

    private readonly Lock _reporting = new();
    private long _bytesRead;
    private long _reported;

    public long BytesRead => Interlocked.Read(ref _bytesRead);

    public void Add(long bytes)
    {
        long total = Interlocked.Add(ref _bytesRead, bytes);
        if (progress is not null && total - Volatile.Read(ref _reported) >= ReportEvery)
        {
            Report();
        }
    }

    public void Report()
    {
        lock (_reporting)
        {
            _reported = BytesRead;
            progress?.Report(new LoadProgress(_reported, totalBytes));
        }
    }
}
