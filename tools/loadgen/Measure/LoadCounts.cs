namespace KvTcp.LoadGen;

/// <summary>What became of the requests of the measured part. Immutable.</summary>
/// <param name="Requests">Requests answered, with whatever reply.</param>
/// <param name="Hits">Keys found.</param>
/// <param name="Misses">Keys not found.</param>
/// <param name="Errors">Requests answered with an error.</param>
/// <param name="Timeouts">Requests not answered within the time limit.</param>
/// <param name="Lost">Requests in flight on a connection that the server closed or broke.</param>
/// <param name="Mismatches">Keys whose reply is not what the data file says; counted only when a run verifies.</param>
internal readonly record struct LoadCounts(
    long Requests, long Hits, long Misses, long Errors, long Timeouts, long Lost, long Mismatches);
