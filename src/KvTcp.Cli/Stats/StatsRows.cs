namespace KvTcp.Cli;

/// <summary>What <c>kvtcp stats --watch</c> shows of STATS, and what it calls it.</summary>
internal static class StatsRows
{
    /// <summary>What happens a second.</summary>
    /// <param name="rates">The rates; null when they are not known.</param>
    public static IReadOnlyList<StatsRow> OfRequests(StatsRates? rates) =>
    [
        new("requests", StatsText.Rate(rates?.Requests)),
        new("hits", StatsText.Rate(rates?.Hits)),
        new("misses", StatsText.Rate(rates?.Misses)),
        new("bad keys", StatsText.Rate(rates?.BadKeys), rates?.BadKeys > 0),
        new("errors", StatsText.Rate(rates?.Errors), rates?.Errors > 0),
        new("hit rate", StatsText.Percent(rates?.HitRate)),
        new("received", StatsText.BytesRate(rates?.Received)),
        new("sent", StatsText.BytesRate(rates?.Sent)),
    ];

    /// <summary>Connections and memory.</summary>
    /// <param name="figures">What the server told.</param>
    public static IReadOnlyList<StatsRow> OfServer(StatsSample figures) =>
    [
        new("connections", StatsText.Count(figures.Number("connections_open"))),
        new("accepted", StatsText.Count(figures.Number("connections_accepted"))),
        new("rejected", StatsText.Count(figures.Number("connections_rejected")), figures.Number("connections_rejected") > 0),
        new("timed out", StatsText.Count(figures.Number("connections_timed_out"))),
        new("resident", StatsText.Bytes(figures.Number("resident_bytes"))),
        new("data", StatsText.Bytes(figures.Number("dataset_native_bytes"))),
        new("mapped data", StatsText.Bytes(figures.Number("dataset_mapped_bytes"))),
        new("heap", StatsText.Bytes(figures.Number("heap_bytes"))),
    ];

    /// <summary>The dataset, and how it came to be the one that is served.</summary>
    /// <param name="figures">What the server told.</param>
    /// <param name="now">The time.</param>
    public static IReadOnlyList<StatsRow> OfDataset(StatsSample figures, DateTimeOffset now)
    {
        const string None = "none";
        string? result = figures.Text("reload_last_result");
        bool isRunning = figures.Number("reload_running") > 0;
        return
        [
            new("id", figures.Text("dataset_id") ?? None, figures.Text("dataset_id") is null),
            new("keys", StatsText.Count(figures.Number("dataset_keys"))),
            new("loaded", Moment("dataset_loaded_at", "dataset_load_seconds")),
            new("source", figures.Text("dataset_source") ?? None),
            new(
                isRunning ? "reloading" : "last reload",
                result is null ? None : $"{result} {Moment("reload_last_at", "reload_last_seconds")}: {figures.Text("reload_last_reason")}",
                result is "refused" or "failed"),
        ];

        string Moment(string at, string took) =>
            $"{(figures.Age(at, now) is TimeSpan age ? $"{StatsText.Duration(age)} ago" : "just now")}, took {figures.Number(took):0.00} s";
    }
}
