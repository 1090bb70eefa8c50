using KvTcp.Redis;

namespace KvTcp.Cli;

/// <summary>What <c>kvtcp serve --print-config</c> prints: every setting with its value and where that comes from, without secrets.</summary>
internal static class EffectiveSettings
{
    private const string Masked = "***";

    private static readonly string[] Secrets = [AuthTokenSetting.EnvironmentName, RedisUrlArgument.PasswordEnvironmentName];

    /// <summary>Lines of <c>OPTION VALUE (ORIGIN)</c>, one for each value of a list; <c>OPTION (default)</c> for what is not set.</summary>
    /// <param name="sources">Where values stand.</param>
    /// <param name="settings">What has become of them.</param>
    public static IEnumerable<string> Lines(SettingSources sources, ServeSettings settings)
    {
        foreach (Setting setting in KnownSettings.OfServe)
        {
            (IReadOnlyList<string> texts, string origin) = sources.Written(setting);
            if (texts.Count > 0)
            {
                foreach (string text in texts)
                {
                    yield return $"{setting.Option.Name} {WithoutSecrets(text)} ({origin})";
                }
            }
            else
            {
                string value = Default(setting, settings);
                yield return value.Length > 0 ? $"{setting.Option.Name} {value} (default)" : $"{setting.Option.Name} (default)";
            }
        }

        foreach (string name in Secrets.Where(name => sources.Environment(name) is { Length: > 0 }))
        {
            yield return $"{name} {Masked} (environment)";
        }
    }

    /// <summary>Some defaults depend on the machine and on <c>--verbose</c>.</summary>
    private static string Default(Setting setting, ServeSettings settings) =>
        setting == KnownSettings.Loops ? $"{settings.Server.Loops}"
        : setting == KnownSettings.DownloadDirectory ? Path.GetTempPath()
        : setting == KnownLogSettings.Level ? settings.Log.Level.ToString().ToLowerInvariant()
        : setting.DefaultText;

    /// <summary>A URL may hold a user with a password, and a signature in its query.</summary>
    public static string WithoutSecrets(string text)
    {
        const string Separator = "://";
        int start = text.IndexOf(Separator, StringComparison.Ordinal);
        if (start < 0)
        {
            return text;
        }

        start += Separator.Length;

        // The URL of a Redis has no path that could hold an @, and its password may hold anything. What is no URL has no path either.
        int end = RedisUrl.IsOne(text) || !Uri.TryCreate(text, UriKind.Absolute, out _) ? text.Length : text.AsSpan(start).IndexOfAny("/?#") is >= 0 and int length ? start + length : text.Length;
        int at = text.LastIndexOf('@', end - 1);
        string masked = at < start ? text : text[..start] + Masked + text[at..];
        int query = masked.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? masked : masked[..(query + 1)] + Masked;
    }
}
