using KvTcp.Server.Engine;
using KvTcp.Server.Metrics;
using KvTcp.Server.Resp;

namespace KvTcp.Server;

/// <summary>What answers the commands that look up no key, in each protocol. Thread-safe: all connections share it.</summary>
/// <param name="datasets">The datasets that they tell of.</param>
/// <param name="reloader">The reloads that they start and tell of; null for a server that never reloads.</param>
/// <param name="connections">The connections that they tell of.</param>
/// <param name="refusals">The clients that were turned away.</param>
/// <param name="transport">What carries the connections.</param>
/// <param name="samples">What is known of some requests.</param>
/// <param name="engine">What answers instead of a dataset; null for a server that has datasets.</param>
internal sealed class ServerReplies(
    DatasetHolder datasets,
    Reloader? reloader,
    ConnectionRegistry connections,
    Refusals refusals,
    ServerTransport transport,
    RequestSamples? samples = null,
    RedisEngine? engine = null)
{
    /// <summary>What answers instead of a dataset; null for a server that has datasets.</summary>
    public RedisEngine? Engine => engine;

    /// <summary>What is known of some requests.</summary>
    public RequestSamples Samples { get; } = samples ?? new RequestSamples();

    /// <summary>The clients that were turned away.</summary>
    public Refusals Refusals { get; } = refusals;

    /// <summary>Those of the line protocol.</summary>
    public CommandReplies Line { get; } = new(datasets, reloader, engine, connections, refusals, transport);

    /// <summary>Those of RESP.</summary>
    public RespCommandReplies Resp { get; } = new(new RespInfo(connections, engine));
}
