using System.Diagnostics;

namespace KvTcp.Cli;

/// <summary>What happened a second between two samples. Immutable.</summary>
/// <param name="Requests">Requests, the asking itself included.</param>
/// <param name="Hits">Keys found.</param>
/// <param name="Misses">Keys not found.</param>
/// <param name="BadKeys">Malformed keys.</param>
/// <param name="Errors">Requests answered with another error.</param>
/// <param name="Received">Bytes received.</param>
/// <param name="Sent">Bytes sent.</param>
internal sealed record StatsRates(double Requests, double Hits, double Misses, double BadKeys, double Errors, double Received, double Sent)
{
    /// <summary>The share of hits among the keys that were looked up; null when there were none.</summary>
    public double? HitRate => Hits + Misses > 0 ? Hits / (Hits + Misses) : null;

    /// <summary>Compares two samples.</summary>
    /// <param name="before">The earlier one.</param>
    /// <param name="after">The later one.</param>
    /// <returns>Null when the server was started anew between them, and so counts from 0 again.</returns>
    public static StatsRates? Between(StatsSample before, StatsSample after)
    {
        double seconds = Stopwatch.GetElapsedTime(before.Timestamp, after.Timestamp).TotalSeconds;
        return seconds <= 0 || Change("uptime_seconds") < 0 || Change("requests") < 0
            ? null
            : new StatsRates(
                Rate("requests"),
                Rate("key_hits"),
                Rate("key_misses"),
                Rate("key_errors"),
                Rate("request_errors"),
                Rate("bytes_received"),
                Rate("bytes_sent"));

        double Change(string name) => after.Number(name) - before.Number(name);

        double Rate(string name) => Math.Max(0, Change(name)) / seconds;
    }
}
