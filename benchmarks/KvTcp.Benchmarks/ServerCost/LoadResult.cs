namespace KvTcp.Benchmarks.ServerCost;

/// <summary>What one run of load has measured.</summary>
/// <param name="RequestsPerSecond">Requests answered per second.</param>
/// <param name="CpuMicroseconds">The server's processor time per request.</param>
/// <param name="MedianMicroseconds">From sending the GETs of a connection to the last of their replies: half of them took less.</param>
/// <param name="P99Microseconds">The same: 99 of 100 took less.</param>
internal sealed record LoadResult(double RequestsPerSecond, double CpuMicroseconds, double MedianMicroseconds, double P99Microseconds);
