using Microsoft.Extensions.Logging;

namespace KvTcp.Cli;

/// <summary>What <c>kvtcp serve</c> logs beside the server's own messages.</summary>
internal static partial class ServeLog
{
    [LoggerMessage(1, LogLevel.Information, "Loading {Source}")]
    public static partial void Loading(this ILogger logger, string source);

    [LoggerMessage(2, LogLevel.Information, "Loaded {Pairs} pairs from {Source} in {Seconds:0.000} s: dataset {DatasetId}, {Bytes} bytes read")]
    public static partial void Loaded(this ILogger logger, long pairs, string source, double seconds, string datasetId, long bytes);

    [LoggerMessage(3, LogLevel.Warning, "Skipped {BadLines} bad lines of {Lines}; the first is {First}")]
    public static partial void SkippedBadLines(this ILogger logger, long badLines, long lines, string first);

    [LoggerMessage(4, LogLevel.Information, "Dropped {Duplicates} pairs whose key another pair has; kept the {Kept} of each")]
    public static partial void DroppedDuplicates(this ILogger logger, long duplicates, string kept);

    [LoggerMessage(5, LogLevel.Information, "Received signal {Signal}; a second one ends at once")]
    public static partial void Received(this ILogger logger, int signal);

    [LoggerMessage(6, LogLevel.Warning, "Ignored SIGHUP: a running server does not reload its data; start it again to serve another file")]
    public static partial void IgnoredHangUp(this ILogger logger);
}
