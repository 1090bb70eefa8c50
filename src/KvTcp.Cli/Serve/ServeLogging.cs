using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace KvTcp.Cli;

/// <summary>The log of a server: one line a message with its time in UTC, all on standard error.</summary>
internal static class ServeLogging
{
    /// <summary>Opens the log. Disposing it writes out what is queued.</summary>
    /// <param name="level">The least that is logged.</param>
    public static ILoggerFactory Create(LogLevel level) => LoggerFactory.Create(builder => builder
        .SetMinimumLevel(level)
        .AddConsole(static console => console.LogToStandardErrorThreshold = LogLevel.Trace)
        .AddSimpleConsole(static format =>
        {
            format.SingleLine = true;
            format.UseUtcTimestamp = true;
            format.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            // The formatter would look at standard output, where nothing goes.
            format.ColorBehavior = Console.IsErrorRedirected || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 }
                ? LoggerColorBehavior.Disabled
                : LoggerColorBehavior.Enabled;
        }));
}
