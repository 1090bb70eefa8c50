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
    public static partial void FewerConnections(ILogger logger, long possible, int wanted);

    [LoggerMessage(8, LogLevel.Information, "Transport: {Transport}, {Loops} loops ({Reason})")]
    public static partial void Transport(ILogger logger, string transport, int loops, string reason);

    [LoggerMessage(9, LogLevel.Warning, "The transport is {Transport}, not io_uring as asked: {Reason}")]
    public static partial void IoUringRefused(ILogger logger, string transport, string reason);
}
