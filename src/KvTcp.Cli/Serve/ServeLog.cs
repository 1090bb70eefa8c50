using Microsoft.Extensions.Logging;

namespace KvTcp.Cli;

/// <summary>What <c>kvtcp serve</c> logs beside the server's own messages.</summary>
internal static partial class ServeLog
{
    [LoggerMessage(1, LogLevel.Information, "Received signal {Signal}; a second one ends at once")]
    public static partial void Received(this ILogger logger, int signal);

    [LoggerMessage(2, LogLevel.Warning, "Ignored SIGHUP: the first load is under way")]
    public static partial void IgnoredHangUp(this ILogger logger);

    [LoggerMessage(3, LogLevel.Warning, "Going on without HTTP: {Reason}")]
    public static partial void NoHttp(this ILogger logger, string reason);

    [LoggerMessage(4, LogLevel.Warning, "Ignored SIGHUP: the server answers from an engine, and has nothing to reload")]
    public static partial void NothingToReload(this ILogger logger);

    [LoggerMessage(5, LogLevel.Warning, "The service manager behind {Variable} cannot be told the state of the server: {Reason}")]
    public static partial void CannotNotify(this ILogger logger, string variable, string reason);
}
