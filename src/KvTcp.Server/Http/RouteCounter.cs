namespace KvTcp.Server.Http;

/// <summary>How many requests of a route were answered with each status. Thread-safe.</summary>
internal sealed class RouteCounter
{
    private const int Least = 100;
    private const int Most = 599;

    private readonly StripedCounter?[] _byStatus = new StripedCounter?[Most - Least + 1];

    /// <summary>The statuses that there were.</summary>
    public IEnumerable<(int Status, long Count)> Counts
    {
        get
        {
            for (int i = 0; i < _byStatus.Length; i++)
            {
                if (Volatile.Read(ref _byStatus[i]) is StripedCounter counter)
                {
                    yield return (i + Least, counter.Value);
                }
            }
        }
    }

    /// <summary>Counts a request.</summary>
    /// <param name="status">A status of HTTP, 100 to 599.</param>
    public void Add(int status)
    {
        ref StripedCounter? counter = ref _byStatus[status - Least];
        (Volatile.Read(ref counter) ?? First(ref counter)).Add(1);
    }

    private static StripedCounter First(ref StripedCounter? counter)
    {
        StripedCounter made = new();
        return Interlocked.CompareExchange(ref counter, made, null) ?? made;
    }
}
