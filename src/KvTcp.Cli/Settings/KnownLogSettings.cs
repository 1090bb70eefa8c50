using Microsoft.Extensions.Logging;

namespace KvTcp.Cli;

/// <summary>The settings of a server's log, a part of <see cref="KnownSettings"/>.</summary>
internal static class KnownLogSettings
{
    /// <summary>The sizes and the number of files that are kept by default: half a GiB in all.</summary>
    public const int DefaultFileSize = 64 << 20;

    public const int DefaultFileCount = 8;

    public static Setting<LogLevel> Level { get; } = new(
        "--log-level",
        "LEVEL",
        "The least that is logged: trace, debug, information, warning, error, critical or none",
        ValueParsers.Word(
            [.. Enum.GetValues<LogLevel>().Select(static level => (level.ToString().ToLowerInvariant(), level))]),
        "information");

    public static Setting<LogFormat> Format { get; } = new(
        "--log-format",
        "text|json",
        "Whether a message is a line of text or a JSON object",
        ValueParsers.Word(("text", LogFormat.Text), ("json", LogFormat.Json)),
        "text");

    public static Setting<string> File { get; } = new(
        "--log-file", "PATH", "File to log to instead of standard error; a full one is followed by another", ValueParsers.Path, "");

    public static Setting<int> FileSize { get; } = new(
        "--log-file-size", "SIZE", "How long a log file may become", ValueParsers.Size(4 << 10, 1 << 30), ValueParsers.Text(DefaultFileSize));

    public static Setting<long> FileCount { get; } = new(
        "--log-file-count", "N", "How many log files are kept", ValueParsers.Integer(1, 1000), $"{DefaultFileCount}");

    public static IReadOnlyList<Setting> All { get; } = [Level, Format, File, FileSize, FileCount];
}
