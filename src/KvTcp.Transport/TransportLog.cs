using Microsoft.Extensions.Logging;

namespace KvTcp.Transport;

/// <summary>What the transport logs; nothing per connection.</summary>
internal static partial class TransportLog
{
    [LoggerMessage(1, LogLevel.Warning, "{Operation} failed with error {Errno}, {Text}; the server goes on, and is silent about this for a minute")]
    public static partial void UnexpectedError(ILogger logger, string operation, int errno, string text);

    [LoggerMessage(2, LogLevel.Critical, "A loop has met a bug of its transport, and goes on")]
    public static partial void Failed(ILogger logger, Exception exception);

    [LoggerMessage(3, LogLevel.Critical, "The thread '{Loop}' cannot wait for its connections any more, error {Errno}, {Text}; they are reset, and it ends")]
    public static partial void Broken(ILogger logger, string loop, int errno, string text);
}
