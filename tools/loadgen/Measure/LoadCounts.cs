namespace KvTcp.LoadGen;

/// <summary>What became of the requests of the measured part. Immutable.</summary>
/// <param name="Requests">Requests answered, with whatever reply.</param>
/// <param name="Hits">Keys found.</param>
/// <param name="Misses">Keys not found.</param>
/// <param name="Errors">Requests answered with an error.</param>
/// <param name="Timeouts">Requests not answered within the time limit.</param>
/// <param name="Lost">Requests in flight on a connection that the server closed or broke, or that another request's timeout ended.</param>
/// <param name="Mismatches">Keys whose reply is not what the data file says; counted only when a run verifies.</param>
/// <param name="Reconnects">Connections made again, each time counted.</param>
/// <param name="Unsent">Open loop: requests that were due but never sent, because no connection had room for them.</param>
internal readonly record struct LoadCounts(
    long Requests, long Hits, long Misses, long Errors, long Timeouts, long Lost, long Mismatches, long Reconnects = 0, long Unsent = 0)
{
    /// <summary>The sum of two, count by count.</summary>
    public static LoadCounts operator +(LoadCounts a, LoadCounts b) => new(
        a.Requests + b.Requests,
        a.Hits + b.Hits,
        a.Misses + b.Misses,
        a.Errors + b.Errors,
        a.Timeouts + b.Timeouts,
        a.Lost + b.Lost,
        a.Mismatches + b.Mismatches,
        a.Reconnects + b.Reconnects,
        a.Unsent + b.Unsent);
}
