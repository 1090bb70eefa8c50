using KvTcp.Redis;

namespace KvTcp.Cli;

/// <summary>The URL of a Redis on the command line. Its password may stand in the environment: whoever lists processes sees their command lines.</summary>
internal static class RedisUrlArgument
{
    /// <summary>The environment variable that holds a password.</summary>
    public const string PasswordEnvironmentName = "KVTCP_REDIS_PASSWORD";

    public const string HelpName = "URL";

    /// <summary>Reads the URL.</summary>
    /// <param name="option">The option that messages name.</param>
    /// <param name="text">What was given.</param>
    /// <param name="settings">Where the environment is.</param>
    /// <exception cref="CommandException">It is no URL of a Redis.</exception>
    public static RedisUrl Parse(string option, string text, SettingSources settings)
    {
        if (!RedisUrl.TryParse(text, out RedisUrl? url, out string? error))
        {
            throw new CommandException(
                ExitCode.Usage, $"{option}: {error}; a URL is redis://[user:password@]host:port[/db][,host:port...], or rediss:// for TLS");
        }

        return url.Password is null && settings.Environment(PasswordEnvironmentName) is { Length: > 0 } password
            ? url with { Password = password }
            : url;
    }
}
