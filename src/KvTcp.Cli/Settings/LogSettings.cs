using Microsoft.Extensions.Logging;

namespace KvTcp.Cli;

/// <summary>What a server logs, and where. Immutable.</summary>
/// <param name="Level">The least that is logged.</param>
/// <param name="Format">How a message is written.</param>
/// <param name="File">The file; null for standard error.</param>
/// <param name="FileSize">How long a file may become before the next one is begun.</param>
/// <param name="FileCount">How many files are kept.</param>
internal sealed record LogSettings(LogLevel Level, LogFormat Format, string? File, int FileSize, int FileCount)
{
    /// <summary>Gathers it.</summary>
    /// <param name="settings">From these sources.</param>
    /// <param name="verbose">Whether debug messages are logged unless a level is set.</param>
    /// <exception cref="CommandException">A setting is wrong, or there is one for files and no file.</exception>
    public static LogSettings Resolve(SettingSources settings, bool verbose)
    {
        string file = settings.Get(KnownLogSettings.File, "");
        Setting? stray = new Setting[] { KnownLogSettings.FileSize, KnownLogSettings.FileCount }.FirstOrDefault(settings.Has);
        return file.Length > 0 || stray is null
            ? new LogSettings(
                settings.Get(KnownLogSettings.Level, verbose ? LogLevel.Debug : LogLevel.Information),
                settings.Get(KnownLogSettings.Format, LogFormat.Text),
                file.Length > 0 ? file : null,
                settings.Get(KnownLogSettings.FileSize, KnownLogSettings.DefaultFileSize),
                (int)settings.Get(KnownLogSettings.FileCount, KnownLogSettings.DefaultFileCount))
            : throw new CommandException(ExitCode.Usage, $"{stray.Option.Name} is of use only with {KnownLogSettings.File.Option.Name}");
    }
}
