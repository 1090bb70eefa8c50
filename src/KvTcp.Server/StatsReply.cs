using System.Globalization;
using System.Text;
using KvTcp.Protocol;
using KvTcp.Store;

namespace KvTcp.Server;

/// <summary>The lines of STATS, docs/protocol.md#stats. Thread-safe.</summary>
/// <param name="served">The dataset.</param>
/// <param name="connections">The connections.</param>
/// <param name="transport">What carries them.</param>
internal sealed class StatsReply(ServedDataset served, ConnectionRegistry connections, ServerTransport transport)
{
    private readonly long _started = Environment.TickCount64;

    /// <summary>Writes the reply. It allocates, unlike those to requests for keys.</summary>
    /// <param name="writer">Receives it.</param>
    public void Write(ref ReplyWriter writer)
    {
        List<(string Name, string Value)> lines = Lines();
        writer.WriteLines(lines.Count);
        foreach ((string name, string value) in lines)
        {
            writer.WriteLine(Encoding.UTF8.GetBytes($"{name} {value}"));
        }
    }

    private List<(string Name, string Value)> Lines()
    {
        DatasetStatistics statistics = served.Dataset.Statistics;
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
            ("dataset_id", served.Dataset.Id.ToString()),
            ("dataset_keys", Text(served.Dataset.Count)),
            ("dataset_source", OneLine(served.Source)),
            ("dataset_load_seconds", served.Report.Duration.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture)),
            ("dataset_duplicate_lines", Text(served.Report.Duplicates)),
            ("dataset_bad_lines", Text(served.Report.BadLines)),
            ("dataset_index_bytes", Text(statistics.IndexBytes)),
            ("dataset_record_bytes", Text(statistics.RecordBytes)),
            ("dataset_value_bytes", Text(statistics.ValueBytes)),
            ("dataset_longest_probe", Text(statistics.LongestProbe)),
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

    // A file name may hold a line feed, which would end the line of the reply.
    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
