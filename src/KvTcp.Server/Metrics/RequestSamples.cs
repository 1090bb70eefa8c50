using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace KvTcp.Server.Metrics;

/// <summary>
/// What is known of one read in <see cref="Stride"/>: how long it took to answer, how many requests it brought, and one of its keys. The
/// others pay for it by counting. Thread-safe.
/// </summary>
internal sealed class RequestSamples
{
    /// <summary>Of how many reads, and of how many batches, one is looked at. A prime, so that it does not keep step with what clients do.</summary>
    public const int Stride = 61;

    [ThreadStatic]
    private static int t_reads;

    [ThreadStatic]
    private static int t_batches;

    /// <summary>Receives how long reads take, in seconds; null while nobody listens.</summary>
    public Histogram<double>? Duration { get; set; }

    /// <summary>Receives how many requests reads bring; null while nobody listens.</summary>
    public Histogram<long>? BatchSize { get; set; }

    /// <summary>Receives how long HTTP requests take, in seconds; null while nobody listens.</summary>
    public Histogram<double>? HttpDuration { get; set; }

    /// <summary>How many requests of each command there were: of all, not of a sample.</summary>
    public CommandCounts Commands { get; } = new();

    /// <summary>The keys that are found most often.</summary>
    public KeySamples Hits { get; } = new();

    /// <summary>The keys that are missed most often.</summary>
    public KeySamples Misses { get; } = new();

    /// <summary>A read, or an HTTP request, is about to be answered.</summary>
    /// <returns>What <see cref="EndRead"/> takes; 0 for a read that is not looked at.</returns>
    public static long BeginRead()
    {
        if (++t_reads < Stride)
        {
            return 0;
        }

        t_reads = 0;
        return Stopwatch.GetTimestamp();
    }

    /// <summary>The replies of a read have been handed over.</summary>
    /// <param name="begun">What <see cref="BeginRead"/> has returned, not 0.</param>
    /// <param name="requests">How many requests the read has brought.</param>
    public void EndRead(long begun, long requests)
    {
        if (requests > 0)
        {
            Duration?.Record(Stopwatch.GetElapsedTime(begun).TotalSeconds);
            BatchSize?.Record(requests);
        }
    }

    /// <summary>An HTTP request has been answered.</summary>
    /// <param name="begun">What <see cref="BeginRead"/> has returned, not 0.</param>
    public void EndHttpRequest(long begun) => HttpDuration?.Record(Stopwatch.GetElapsedTime(begun).TotalSeconds);

    /// <summary>Whether a key of this batch is to be taken note of.</summary>
    public static bool IsBatchDue()
    {
        if (++t_batches < Stride)
        {
            return false;
        }

        t_batches = 0;
        return true;
    }

    /// <summary>Takes note of a key.</summary>
    public void Add(Guid key, bool isHit) => (isHit ? Hits : Misses).Add(key);
}
