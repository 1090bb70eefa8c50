using Microsoft.Extensions.Logging;

namespace KvTcp.Client;

/// <summary>What the client logs: what happens to connections, never anything per request.</summary>
internal static partial class ClientLog
{
    [LoggerMessage(1, LogLevel.Information, "Connected to {Server}")]
    public static partial void Connected(ILogger logger, KvServerAddress server);

    [LoggerMessage(2, LogLevel.Warning, "A connection has ended, and is made anew: {Reason}")]
    public static partial void Lost(ILogger logger, string reason);

    [LoggerMessage(3, LogLevel.Warning, "No connection: {Reason}")]
    public static partial void CannotConnect(ILogger logger, string reason);

    [LoggerMessage(4, LogLevel.Warning, "Requests are not timed any more: a listener of kvtcp.client.request.duration has thrown")]
    public static partial void ListenerFailed(ILogger logger, Exception failure);
}
