using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace KvTcp.Cli;

/// <summary>
/// The log of a server: one line a message with its time in UTC, all on standard error or all in a file. In the journal of systemd a line has its
/// level in the journal's way, and no time of its own.
/// </summary>
internal static class ServeLogging
{
    private const string TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";

    /// <summary>Opens the log. Disposing it writes out what is queued.</summary>
    /// <param name="settings">What is logged, and where.</param>
    /// <exception cref="CommandException">The file cannot be written.</exception>
    public static ILoggerFactory Create(LogSettings settings)
    {
        if (settings.File is string path)
        {
            LogFile.Check(path);
        }

        return LoggerFactory.Create(builder =>
        {
            builder.SetMinimumLevel(settings.Level);
            builder.AddConsole(static console => console.LogToStandardErrorThreshold = LogLevel.Trace);
            AddFormat(builder, settings);
            if (settings.File is string file)
            {
                // What writes to the console goes, what makes lines of messages stays.
                builder.ClearProviders();
                builder.Services.AddSingleton<ILoggerProvider>(services => new LogFile(
                    new RollingFile(file, settings.FileSize, settings.FileCount),
                    services.GetServices<ConsoleFormatter>().First(f => string.Equals(f.Name, FormatterName(settings), StringComparison.Ordinal))));
            }
        });
    }

    private static string FormatterName(LogSettings settings) => settings switch
    {
        { Format: LogFormat.Json } => ConsoleFormatterNames.Json,
        { File: null } when JournalStream.IsStandardError => ConsoleFormatterNames.Systemd,
        _ => ConsoleFormatterNames.Simple,
    };

    private static void AddFormat(ILoggingBuilder builder, LogSettings settings)
    {
        switch (FormatterName(settings))
        {
            case ConsoleFormatterNames.Json:
                builder.AddJsonConsole(static format =>
                {
                    format.UseUtcTimestamp = true;
                    format.TimestampFormat = TimestampFormat;
                });
                break;
            case ConsoleFormatterNames.Systemd:
                builder.AddSystemdConsole();
                break;
            default:
                builder.AddSimpleConsole(format =>
                {
                    format.SingleLine = true;
                    format.UseUtcTimestamp = true;
                    format.TimestampFormat = TimestampFormat + " ";

                    // The formatter would look at standard output, where nothing goes.
                    bool isPlain = settings.File is not null || Console.IsErrorRedirected || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };
                    format.ColorBehavior = isPlain ? LoggerColorBehavior.Disabled : LoggerColorBehavior.Enabled;
                });
                break;
        }
    }
}
