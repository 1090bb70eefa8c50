using Microsoft.Extensions.Logging;

namespace KvTcp.Server;

/// <summary>What the server logs; nothing per request.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(1, LogLevel.Information, "Listening on {Address}")]
    public static partial void Listening(ILogger logger, string address);

    [LoggerMessage(2, LogLevel.Warning, "{Address} can be reached from other machines, and nothing authenticates them")]
    public static partial void BeyondLoopback(ILogger logger, string address);

    [LoggerMessage(3, LogLevel.Information, "Stopping: answering what has been read, for at most {Seconds} s")]
    public static partial void Stopping(ILogger logger, double seconds);

    [LoggerMessage(4, LogLevel.Information, "Stopped; {Requests} requests answered on {Connections} connections")]
    public static partial void Stopped(ILogger logger, long requests, long connections);

    [LoggerMessage(5, LogLevel.Debug, "Connection {ConnectionId} was lost: {Reason}")]
    public static partial void ConnectionLost(ILogger logger, string connectionId, string reason);

    [LoggerMessage(6, LogLevel.Error, "Connection {ConnectionId} failed; this is a bug")]
    public static partial void ConnectionFailed(ILogger logger, Exception exception, string connectionId);

    [LoggerMessage(7, LogLevel.Warning, "The limit of open files allows {Possible} connections, not {Wanted}; raise it (ulimit -n, LimitNOFILE=) or lower the wish")]
    public static partial void FewerConnections(ILogger logger, int possible, int wanted);

    [LoggerMessage(8, LogLevel.Information, "Transport: {Transport}, {Loops} loops ({Reason})")]
    public static partial void Transport(ILogger logger, string transport, int loops, string reason);

    [LoggerMessage(9, LogLevel.Warning, "The transport is {Transport}, not io_uring as asked: {Reason}")]
    public static partial void IoUringRefused(ILogger logger, string transport, string reason);

    [LoggerMessage(10, LogLevel.Error, "The heartbeat failed; this is a bug")]
    public static partial void HeartbeatFailed(ILogger logger, Exception exception);

    [LoggerMessage(11, LogLevel.Warning, "{Count} {What}; the last from {Client}")]
    public static partial void Refused(ILogger logger, long count, string what, string client);

    [LoggerMessage(12, LogLevel.Information, "{Count} idle connections closed (--idle-timeout); the last from {Client}")]
    public static partial void ClosedIdle(ILogger logger, long count, string client);

    [LoggerMessage(13, LogLevel.Information, "Loaded {What}; {State}")]
    public static partial void LoadedCredential(ILogger logger, string what, string state);

    [LoggerMessage(14, LogLevel.Warning, "Refused, and what was loaded before goes on: {Reason}")]
    public static partial void RefusedCredential(ILogger logger, string reason);

    [LoggerMessage(45, LogLevel.Error, "Loading a certificate or a token failed, and what was loaded before goes on; this is a bug")]
    public static partial void CredentialFailed(ILogger logger, Exception exception);

    [LoggerMessage(15, LogLevel.Information, "TLS on {Address}, with {Certificate}")]
    public static partial void ListeningWithTls(ILogger logger, string address, string certificate);

    [LoggerMessage(16, LogLevel.Debug, "TLS handshake of connection {ConnectionId} failed: {Reason}")]
    public static partial void HandshakeFailed(ILogger logger, string connectionId, string reason);

    [LoggerMessage(17, LogLevel.Information, "The heap may take {Heap} MiB of the control group's memory, for connections")]
    public static partial void HeapLimit(ILogger logger, long heap);

    [LoggerMessage(18, LogLevel.Warning, "The heap may take {Heap} MiB of the control group's memory, which leaves too little for connections; raise its limit by {Missing} MiB")]
    public static partial void LittleHeap(ILogger logger, long heap, long missing);

    [LoggerMessage(19, LogLevel.Debug, "The heap should take at most {Heap} MiB of the control group's memory, and keeps the limit of before: {Reason}")]
    public static partial void KeptHeapLimit(ILogger logger, long heap, string reason);

    [LoggerMessage(20, LogLevel.Information, "Loading {Source}")]
    public static partial void Loading(ILogger logger, string source);

    [LoggerMessage(21, LogLevel.Information, "Loaded {Pairs} pairs from {Source} in {Seconds:0.000} s: dataset {DatasetId}, {Bytes} bytes read")]
    public static partial void Loaded(ILogger logger, long pairs, string source, double seconds, string datasetId, long bytes);

    [LoggerMessage(22, LogLevel.Warning, "Skipped {BadLines} bad lines of {Lines}; the first is {First}")]
    public static partial void SkippedBadLines(ILogger logger, long badLines, long lines, string first);

    [LoggerMessage(23, LogLevel.Information, "Dropped {Duplicates} pairs whose key another pair has; kept the {Kept} of each")]
    public static partial void DroppedDuplicates(ILogger logger, long duplicates, string kept);

    [LoggerMessage(24, LogLevel.Information, "Reloading {Source}; asked for by: {Trigger}")]
    public static partial void Reloading(ILogger logger, string source, ReloadTrigger trigger);

    [LoggerMessage(25, LogLevel.Information, "Reload: {Outcome}")]
    public static partial void Reloaded(ILogger logger, string outcome);

    [LoggerMessage(26, LogLevel.Warning, "Reload refused: {Reason}")]
    public static partial void ReloadRefused(ILogger logger, string reason);

    [LoggerMessage(27, LogLevel.Error, "A reload failed; this is a bug")]
    public static partial void ReloadFailed(ILogger logger, Exception exception);

    [LoggerMessage(28, LogLevel.Information, "Gave up the previous dataset, so that there is no rollback: {Reason}")]
    public static partial void DroppedPrevious(ILogger logger, string reason);

    [LoggerMessage(29, LogLevel.Warning, "Gave up the dataset before its successor is loaded, which needs {Needed} MiB where {Available} MiB are available; requests get ERR LOADING meanwhile")]
    public static partial void Withdrawn(ILogger logger, long needed, long available);

    [LoggerMessage(30, LogLevel.Error, "Whoever watches reloads has failed; this is a bug")]
    public static partial void ObserverFailed(ILogger logger, Exception exception);

    [LoggerMessage(40, LogLevel.Information, "Answering from the engine at {Engine}")]
    public static partial void Engine(ILogger logger, string engine);

    [LoggerMessage(41, LogLevel.Information, "The engine at {Engine} is ready; nodes: {Nodes}, keys: {Keys}")]
    public static partial void EngineReady(ILogger logger, string engine, int nodes, long keys);

    [LoggerMessage(42, LogLevel.Warning, "The engine at {Engine} is not ready: {Reason}")]
    public static partial void EngineTrouble(ILogger logger, string engine, string reason);
}
