using KvTcp.Redis;
using KvTcp.Server.Engine;

namespace KvTcp.Cli;

/// <summary>Turns settings and a path that is a URL of a Redis into the engine of a server.</summary>
internal static class EngineSettings
{
    private static readonly Setting[] Own = [KnownSettings.ReadFrom, KnownSettings.EngineTimeout, KnownSettings.CacheSize, KnownSettings.CacheTtl];

    /// <summary>The engine, if the paths name one.</summary>
    /// <param name="settings">How it is asked.</param>
    /// <param name="paths">What is to be served.</param>
    /// <exception cref="CommandException">The URL is none, is not the only path, or there is none and a setting that only engines have.</exception>
    public static EngineOptions? Resolve(SettingSources settings, IReadOnlyList<string> paths)
    {
        if (paths.FirstOrDefault(RedisUrl.IsOne) is not string text)
        {
            return Own.FirstOrDefault(settings.Has) is Setting stray
                ? throw new CommandException(ExitCode.Usage, $"{stray.Option.Name} is of use only with redis://... in --data")
                : null;
        }

        if (paths.Count > 1)
        {
            throw new CommandException(ExitCode.Usage, "a server answers from an engine, or from data that it loads: redis://... is the only --data then");
        }

        EngineOptions defaults = new(RedisUrlArgument.Parse(KnownSettings.Data.Option.Name, text, settings));
        return defaults with
        {
            ReadFrom = settings.Get(KnownSettings.ReadFrom, defaults.ReadFrom),
            Timeout = settings.Get(KnownSettings.EngineTimeout, defaults.Timeout),
            MaxValueLength = settings.Get(KnownSettings.MaxValueLength, defaults.MaxValueLength),
            CacheSize = settings.Get(KnownSettings.CacheSize, defaults.CacheSize),
            CacheTtl = settings.Get(KnownSettings.CacheTtl, defaults.CacheTtl),
        };
    }
}
