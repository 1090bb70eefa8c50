using System.Globalization;
using System.Text;
using KvTcp.Protocol;
using KvTcp.Store;

namespace KvTcp.Server;

/// <summary>The lines of STATS, docs/protocol.md#stats. Thread-safe.</summary>
/// <param name="datasets">The datasets.</param>
/// <param name="reloader">The reloads; null for a server that never reloads.</param>
/// <param name="connections">The connections.</param>
/// <param name="transport">What carries them.</param>
internal sealed class StatsReply(DatasetHolder datasets, Reloader? reloader, ConnectionRegistry connections, ServerTransport transport)
{
    private const string None = "none";

    private readonly long _started = Environment.TickCount64;

    /// <summary>Writes the reply. It allocates, unlike those to requests for keys.</summary>
    /// <param name="served">The dataset; null while nothing is loaded.</param>
    /// <param name="writer">Receives it.</param>
    public void Write(ServedDataset? served, ref ReplyWriter writer)
    {
        List<(string Name, string Value)> lines = Lines(served);
        writer.WriteLines(lines.Count);
        foreach ((string name, string value) in lines)
        {
            writer.WriteLine(Encoding.UTF8.GetBytes($"{name} {value}"));
        }
    }

    /// <summary>The id of a dataset, or <c>none</c>.</summary>
    public static string Id(ServedDataset? served) => served?.Dataset.Id.ToString() ?? None;

    /// <summary>A time in UTC as RFC 3339 has it, or <c>none</c>.</summary>
    public static string Time(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture) ?? None;

    private List<(string Name, string Value)> Lines(ServedDataset? served)
    {
        DatasetStatistics? statistics = served?.Dataset.Statistics;
        ReloadState? reloads = reloader?.State;
        ConnectionCounters counters = connections.Sum();
        (long accepted, long rejected, long timedOut) = connections.Totals;
        (long polls, long hits) = transport.BusyPolls;
        return
        [
            ("version", CommandReplies.ServerVersion),
            ("uptime_seconds", Text((Environment.TickCount64 - _started) / 1000)),
            ("transport", transport.Name),
            ("transport_loops", Text(transport.LoopCount)),
            ("transport_reason", transport.Reason),
            ("transport_busy_polls", Text(polls)),
            ("transport_busy_poll_hits", Text(hits)),
            ("dataset_id", Id(served)),
            ("dataset_keys", Text(served?.Dataset.Count ?? 0)),
            ("dataset_source", OneLine(served?.Source ?? None)),
            ("dataset_loaded_at", Time(served?.LoadedAt)),
            ("dataset_load_seconds", Text(served?.Report.Duration ?? default)),
            ("dataset_duplicate_lines", Text(served?.Report.Duplicates ?? 0)),
            ("dataset_bad_lines", Text(served?.Report.BadLines ?? 0)),
            ("dataset_index_bytes", Text(statistics?.IndexBytes ?? 0)),
            ("dataset_record_bytes", Text(statistics?.RecordBytes ?? 0)),
            ("dataset_value_bytes", Text(statistics?.ValueBytes ?? 0)),
            ("dataset_native_bytes", Text(statistics?.NativeBytes ?? 0)),
            ("dataset_mapped_bytes", Text(statistics?.MappedBytes ?? 0)),
            ("dataset_longest_probe", Text(statistics?.LongestProbe ?? 0)),
            ("dataset_previous_id", Id(datasets.Previous)),
            ("heap_bytes", Text(GC.GetTotalMemory(forceFullCollection: false))),
            ("reload_running", reloads?.IsRunning == true ? "1" : "0"),
            ("reload_last_result", ReloadState.Word(reloads?.Last?.Result)),
            ("reload_last_reason", OneLine(reloads?.Last?.Reason ?? None)),
            ("reload_last_at", Time(reloads?.LastAt)),
            ("reload_last_seconds", Text(reloads?.LastDuration ?? default)),
            ("reloads_done", Text(reloads?.Done ?? 0)),
            ("reloads_refused", Text(reloads?.Refused ?? 0)),
            ("rollbacks", Text(reloads?.RolledBack ?? 0)),
            ("connections_open", Text(connections.Open)),
            ("connections_accepted", Text(accepted)),
            ("connections_rejected", Text(rejected)),
            ("connections_timed_out", Text(timedOut)),
            ("requests", Text(counters.Requests)),
            ("key_hits", Text(counters.KeyHits)),
            ("key_misses", Text(counters.KeyMisses)),
            ("key_errors", Text(counters.KeyErrors)),
            ("request_errors", Text(counters.RequestErrors)),
        ];
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(TimeSpan duration) => duration.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);

    // A file name may hold a line feed, which would end the line of the reply.
    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
