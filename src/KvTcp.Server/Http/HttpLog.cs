using Microsoft.Extensions.Logging;

namespace KvTcp.Server.Http;

/// <summary>What the HTTP API logs; nothing per request.</summary>
internal static partial class HttpLog
{
    [LoggerMessage(40, LogLevel.Information, "HTTP on {Address}")]
    public static partial void Listening(ILogger logger, string address);

    [LoggerMessage(41, LogLevel.Warning, "{Address} can be reached from other machines, and its HTTP API tells values to everybody")]
    public static partial void BeyondLoopback(ILogger logger, string address);

    [LoggerMessage(42, LogLevel.Debug, "HTTP connection {ConnectionId} was lost: {Reason}")]
    public static partial void ConnectionLost(ILogger logger, string connectionId, string reason);

    [LoggerMessage(44, LogLevel.Information, "HTTP may have {Possible} connections, not {Wanted}: open files are few (ulimit -n, LimitNOFILE=), and the line protocol goes first")]
    public static partial void FewerConnections(ILogger logger, int possible, int wanted);

    [LoggerMessage(43, LogLevel.Error, "A request of HTTP connection {ConnectionId} failed; this is a bug")]
    public static partial void RequestFailed(ILogger logger, Exception exception, string connectionId);
}
