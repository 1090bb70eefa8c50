using KvTcp.Server;

namespace KvTcp.Cli;

/// <summary>Turns settings and paths into the sources of a server, and into when they are loaded again.</summary>
internal static class SourceSettings
{
    /// <summary>The sources that paths name.</summary>
    /// <param name="settings">How URLs are downloaded.</param>
    /// <param name="paths">Paths of files, URLs; <c>-</c> is standard input.</param>
    /// <exception cref="CommandException">A path is empty or no file, a URL is none, or standard input is named twice.</exception>
    public static IReadOnlyList<DatasetSource> Sources(SettingSources settings, IReadOnlyList<string> paths)
    {
        DataFileSettings.Check([.. paths.Where(static path => !IsUrl(path))]);
        UrlSourceOptions defaults = new();
        UrlSourceOptions downloads = defaults with
        {
            Timeout = settings.Get(KnownSettings.SourceTimeout, defaults.Timeout),
            Directory = settings.Get(KnownSettings.DownloadDirectory, defaults.Directory),
        };
        return Directory.Exists(downloads.Directory)
            ? [.. paths.Select(path => Source(path, downloads))]
            : throw new CommandException(ExitCode.Usage, $"{downloads.Directory} is not a directory; see {KnownSettings.DownloadDirectory.Option.Name}");
    }

    /// <summary>When the sources are loaded again.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="paths">What is loaded.</param>
    /// <exception cref="CommandException">Nothing can be watched or refreshed.</exception>
    public static ReloadOptions Reload(SettingSources settings, IReadOnlyList<string> paths)
    {
        ReloadOptions defaults = new();
        return defaults with
        {
            Watch = Interval(settings, KnownSettings.Watch, paths.Any(static path => path is not "-" && !IsUrl(path)), "a file"),
            Refresh = Interval(settings, KnownSettings.Refresh, paths.Any(IsUrl), "a URL"),
            MaxShrink = settings.Get(KnownSettings.MaxShrink, defaults.MaxShrink),
            InPlace = settings.Get(KnownSettings.ReloadInPlace, defaults.InPlace),
        };
    }

    private static TimeSpan? Interval(SettingSources settings, Setting<TimeSpan> setting, bool isOfUse, string what)
    {
        TimeSpan interval = settings.Get(setting, TimeSpan.Zero);
        return interval == TimeSpan.Zero
            ? null
            : isOfUse ? interval : throw new CommandException(ExitCode.Usage, $"{setting.Option.Name} is of use only with {what} in --data");
    }

    private static DatasetSource Source(string path, UrlSourceOptions downloads) => path switch
    {
        "-" => new StandardInputSource(),
        _ when !IsUrl(path) => new FileSource(path),
        _ when Uri.TryCreate(path, UriKind.Absolute, out Uri? url) => new UrlSource(url, downloads),
        _ => throw new CommandException(ExitCode.Usage, $"'{EffectiveSettings.WithoutSecrets(path)}' is not a URL"),
    };

    private static bool IsUrl(string path) =>
        path.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || path.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
}
