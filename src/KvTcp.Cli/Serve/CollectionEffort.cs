namespace KvTcp.Cli;

/// <summary>
/// Tells when the collector does nearly nothing but collect: the heap is as good as full then, and each allocation gets its few bytes from another
/// full collection, so that nobody gets on, and nobody gets an <see cref="OutOfMemoryException"/>.
/// </summary>
internal sealed class CollectionEffort
{
    /// <summary>How much of the time all threads may be held up, as a fraction.</summary>
    private const double MostPaused = 0.8;

    /// <summary>For how many looks at least; so a process that was stopped for a while in a collection is not taken for one that collects.</summary>
    private const int LeastLooks = 5;

    private const int LeastCollections = 5;

    private int _looks;
    private int _collections;

    /// <summary>Adds what happened since the last look.</summary>
    /// <param name="elapsed">How much time has passed.</param>
    /// <param name="paused">How much of it all threads were held up for collections.</param>
    /// <param name="collections">How many full collections there were.</param>
    /// <returns>Whether there is no hope.</returns>
    public bool Add(TimeSpan elapsed, TimeSpan paused, int collections)
    {
        bool isBusy = paused > elapsed * MostPaused;
        _looks = isBusy ? _looks + 1 : 0;
        _collections = isBusy ? _collections + collections : 0;
        return _looks >= LeastLooks && _collections >= LeastCollections;
    }
}
