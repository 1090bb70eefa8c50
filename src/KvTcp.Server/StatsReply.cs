using System.Globalization;
using System.Text;
using KvTcp.Protocol;
using KvTcp.Server.Engine;

namespace KvTcp.Server;

/// <summary>The lines of STATS, docs/protocol.md#stats. Thread-safe.</summary>
/// <param name="datasets">The datasets.</param>
/// <param name="reloader">The reloads; null for a server that never reloads.</param>
/// <param name="engine">What answers instead of a dataset; null for a server that has datasets.</param>
/// <param name="connections">The connections.</param>
/// <param name="refusals">The clients that were turned away.</param>
/// <param name="transport">What carries them.</param>
internal sealed class StatsReply(
    DatasetHolder datasets, Reloader? reloader, RedisEngine? engine, ConnectionRegistry connections, Refusals refusals, ServerTransport transport)
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
        ServerStats stats = ServerStats.Read(
            served, datasets, reloader, engine, connections, refusals, transport, TimeSpan.FromMilliseconds(Environment.TickCount64 - _started));
        return
        [
            ("version", stats.Version),
            ("uptime_seconds", Text(stats.UptimeSeconds)),
            ("transport", stats.Transport ?? None),
            ("transport_loops", Text(stats.TransportLoops)),
            ("transport_reason", stats.TransportReason ?? None),
            ("transport_busy_polls", Text(stats.TransportBusyPolls)),
            ("transport_busy_poll_hits", Text(stats.TransportBusyPollHits)),
            ("dataset_id", stats.DatasetId ?? None),
            ("dataset_keys", Text(stats.DatasetKeys)),
            ("dataset_source", OneLine(stats.DatasetSource ?? None)),
            ("dataset_loaded_at", Time(stats.DatasetLoadedAt)),
            ("dataset_load_seconds", Text(stats.DatasetLoadSeconds)),
            ("dataset_duplicate_lines", Text(stats.DatasetDuplicateLines)),
            ("dataset_bad_lines", Text(stats.DatasetBadLines)),
            ("dataset_index_bytes", Text(stats.DatasetIndexBytes)),
            ("dataset_record_bytes", Text(stats.DatasetRecordBytes)),
            ("dataset_value_bytes", Text(stats.DatasetValueBytes)),
            ("dataset_native_bytes", Text(stats.DatasetNativeBytes)),
            ("dataset_mapped_bytes", Text(stats.DatasetMappedBytes)),
            ("dataset_longest_probe", Text(stats.DatasetLongestProbe)),
            ("dataset_previous_id", stats.DatasetPreviousId ?? None),
            ("engine", stats.Engine ?? None),
            ("engine_nodes", Text(stats.EngineNodes)),
            ("engine_ready", stats.EngineReady ? "1" : "0"),
            ("engine_trouble", stats.EngineTrouble ?? None),
            ("cache_size_bytes", Text(stats.CacheSizeBytes)),
            ("cache_bytes", Text(stats.CacheBytes)),
            ("cache_entries", Text(stats.CacheEntries)),
            ("cache_hits", Text(stats.CacheHits)),
            ("cache_misses", Text(stats.CacheMisses)),
            ("cache_hit_rate", Text(stats.CacheHitRate)),
            ("cache_evictions", Text(stats.CacheEvictions)),
            ("heap_bytes", Text(stats.HeapBytes)),
            ("resident_bytes", Text(stats.ResidentBytes)),
            ("reload_running", stats.ReloadRunning ? "1" : "0"),
            ("reload_last_result", stats.ReloadLastResult ?? None),
            ("reload_last_reason", OneLine(stats.ReloadLastReason ?? None)),
            ("reload_last_at", Time(stats.ReloadLastAt)),
            ("reload_last_seconds", Text(stats.ReloadLastSeconds)),
            ("reloads_done", Text(stats.ReloadsDone)),
            ("reloads_refused", Text(stats.ReloadsRefused)),
            ("rollbacks", Text(stats.Rollbacks)),
            ("connections_open", Text(stats.ConnectionsOpen)),
            ("connections_accepted", Text(stats.ConnectionsAccepted)),
            ("connections_rejected", Text(stats.ConnectionsRejected)),
            ("connections_rejected_by_address", Text(stats.ConnectionsRejectedByAddress)),
            ("connections_timed_out", Text(stats.ConnectionsTimedOut)),
            ("tls_handshakes_failed", Text(stats.TlsHandshakesFailed)),
            ("wrong_tokens", Text(stats.WrongTokens)),
            ("held_off_tokens", Text(stats.HeldOffTokens)),
            ("long_lines", Text(stats.LongLines)),
            ("rate_waits", Text(stats.RateWaits)),
            ("requests", Text(stats.Requests)),
            ("key_hits", Text(stats.KeyHits)),
            ("key_misses", Text(stats.KeyMisses)),
            ("key_failures", Text(stats.KeyFailures)),
            ("key_errors", Text(stats.KeyErrors)),
            ("request_errors", Text(stats.RequestErrors)),
            ("bytes_received", Text(stats.BytesReceived)),
            ("bytes_sent", Text(stats.BytesSent)),
        ];
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(double seconds) => seconds.ToString("0.000", CultureInfo.InvariantCulture);

    // A file name may hold a line feed, which would end the line of the reply.
    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
