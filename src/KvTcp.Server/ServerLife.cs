using System.Diagnostics;
using KvTcp.Server.Engine;
using KvTcp.Server.Metrics;

namespace KvTcp.Server;

/// <summary>Where a server is between its start and its end, for those who ask before it listens and while it stops. Thread-safe.</summary>
/// <param name="datasets">The datasets.</param>
/// <param name="reloader">The reloads; null for a server that never reloads.</param>
/// <param name="engine">What answers instead of a dataset; null for a server that has datasets. It stays the caller's, to be disposed after the server.</param>
public sealed class ServerLife(DatasetHolder datasets, Reloader? reloader, RedisEngine? engine = null)
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private volatile KvServer? _server;
    private volatile bool _isDraining;
    private Func<int>? _httpConnectionsLeft;

    /// <summary>What requests are answered from.</summary>
    internal DatasetHolder Datasets => datasets;

    /// <summary>Loads it again; null for a server that never reloads.</summary>
    internal Reloader? Reloader => reloader;

    /// <summary>What answers instead of a dataset; null for a server that has datasets.</summary>
    internal RedisEngine? Engine => engine;

    /// <summary>What keeps keys from being answered, one line; null when nothing does.</summary>
    internal string? Trouble =>
        engine is not null ? engine.Trouble
        : datasets.Current is null ? "no dataset is loaded"
        : null;

    /// <summary>The server; null while the first dataset is being loaded.</summary>
    internal KvServer? Server => _server;

    /// <summary>Whether the server has begun to stop.</summary>
    internal bool IsDraining => _isDraining;

    /// <summary>What is known of some requests.</summary>
    internal RequestSamples Samples { get; } = new();

    /// <summary>The clients that were turned away.</summary>
    internal Refusals Refusals { get; } = new();

    /// <summary>How many connections HTTP may open beside those that it has; 0 without it.</summary>
    internal int HttpConnectionsLeft => _httpConnectionsLeft?.Invoke() ?? 0;

    /// <summary>Says that HTTP listens, before the server does.</summary>
    /// <param name="connectionsLeft">Tells how many connections it may open beside those that it has.</param>
    internal void ServingHttp(Func<int> connectionsLeft) => _httpConnectionsLeft = connectionsLeft;

    /// <summary>Says that the server listens.</summary>
    /// <param name="server">The server.</param>
    internal void Serving(KvServer server) => _server = server;

    /// <summary>Says that the server is about to stop: from now on it is not ready.</summary>
    public void Draining() => _isDraining = true;

    /// <summary>What the server tells of itself.</summary>
    internal ServerStats Stats() => ServerStats.Read(
        datasets.Current, datasets, reloader, engine, _server?.Connections, Refusals, _server?.Transport, Stopwatch.GetElapsedTime(_started));
}
