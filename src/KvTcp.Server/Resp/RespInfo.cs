using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using KvTcp.Server.Engine;
using KvTcp.Store;

namespace KvTcp.Server.Resp;

/// <summary>The reply to INFO: sections of <c>name:value</c> lines, named as in Redis where Redis has the figure. Thread-safe.</summary>
/// <param name="connections">The connections.</param>
/// <param name="engine">What answers instead of a dataset; null for a server that has datasets.</param>
internal sealed class RespInfo(ConnectionRegistry connections, RedisEngine? engine)
{
    private static readonly string[] All = ["server", "clients", "memory", "persistence", "stats", "replication", "dataset", "keyspace"];

    private readonly long _started = Environment.TickCount64;

    /// <summary>The text of some sections.</summary>
    /// <param name="sections">Their names, in any case; none, <c>all</c>, <c>default</c>, or <c>everything</c> means all. Others are ignored.</param>
    /// <param name="served">The dataset; null while nothing is loaded.</param>
    public string Text(IReadOnlyCollection<string> sections, ServedDataset? served)
    {
        bool isAll = sections.Count == 0 || sections.Any(static s => s.ToLowerInvariant() is "all" or "default" or "everything");
        IEnumerable<string> chosen = isAll ? All : All.Intersect(sections, StringComparer.OrdinalIgnoreCase);
        StringBuilder text = new();
        foreach (string section in chosen)
        {
            text.Append(text.Length > 0 ? "\r\n" : "").Append("# ").Append(char.ToUpperInvariant(section[0])).Append(section.AsSpan(1)).Append("\r\n");
            foreach ((string name, object value) in Lines(section, served))
            {
                text.Append(name).Append(':').Append(CultureInfo.InvariantCulture, $"{value}").Append("\r\n");
            }
        }

        return text.ToString();
    }

    private IEnumerable<(string Name, object Value)> Lines(string section, ServedDataset? served) => section switch
    {
        "server" => Server(),
        "clients" => [("connected_clients", connections.Open)],
        "memory" => Memory(served?.Dataset.Statistics),
        "persistence" => [("loading", served is null && engine is not { Health.IsReached: true } ? 1 : 0)],
        "stats" => Stats(),
        "replication" => [("role", "master"), ("connected_slaves", 0)],
        "dataset" when engine is not null => [("engine", engine.Name), ("engine_ready", engine.Trouble is null ? 1 : 0), ("dataset_keys", engine.Health.Keys)],
        "dataset" => served is null ? [] : [("dataset_id", served.Dataset.Id), ("dataset_keys", served.Dataset.Count)],
        _ => KeyCount(served) is 0 ? [] : [("db0", $"keys={KeyCount(served).ToString(CultureInfo.InvariantCulture)},expires=0,avg_ttl=0")],
    };

    private long KeyCount(ServedDataset? served) => engine?.Health.Keys ?? served?.Dataset.Count ?? 0;

    private IEnumerable<(string Name, object Value)> Server()
    {
        long uptime = (Environment.TickCount64 - _started) / 1000;
        return
        [
            ("redis_version", RespCommandReplies.RedisVersion),
            ("kvtcp_version", CommandReplies.ServerVersion),
            ("redis_mode", "standalone"),
            ("os", RuntimeInformation.OSDescription),
            ("arch_bits", IntPtr.Size * 8),
            ("process_id", Environment.ProcessId),
            ("uptime_in_seconds", uptime),
            ("uptime_in_days", uptime / 86_400),
        ];
    }

    private static IEnumerable<(string Name, object Value)> Memory(DatasetStatistics? statistics) =>
    [
        ("used_memory", (statistics?.NativeBytes ?? 0) + GC.GetTotalMemory(forceFullCollection: false)),
        ("used_memory_rss", Environment.WorkingSet),
        ("used_memory_dataset", (statistics?.IndexBytes ?? 0) + (statistics?.RecordBytes ?? 0)),
        ("maxmemory", 0),
    ];

    private IEnumerable<(string Name, object Value)> Stats()
    {
        ConnectionCounters counters = connections.Sum();
        (long accepted, long rejected, _) = connections.Totals;
        return
        [
            ("total_connections_received", accepted),
            ("total_commands_processed", counters.Requests),
            ("rejected_connections", rejected),
            ("keyspace_hits", counters.KeyHits),
            ("keyspace_misses", counters.KeyMisses + counters.KeyErrors),
            ("total_error_replies", counters.RequestErrors),
        ];
    }
}
