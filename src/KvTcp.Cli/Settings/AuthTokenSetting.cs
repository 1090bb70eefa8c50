using KvTcp.Server;

namespace KvTcp.Cli;

/// <summary>The token of AUTH. It is no option itself: whoever lists the processes of a machine sees their command lines.</summary>
internal static class AuthTokenSetting
{
    /// <summary>The environment variable that holds the token.</summary>
    public const string EnvironmentName = "KVTCP_AUTH_TOKEN";

    /// <summary>Finds the token.</summary>
    /// <param name="settings">Where the file may be named; a file goes before the environment variable.</param>
    /// <returns>The token, or null if there is none.</returns>
    /// <exception cref="CommandException">It cannot be one, or the file cannot be read.</exception>
    public static string? Resolve(SettingSources settings)
    {
        string file = settings.Get(KnownSettings.AuthTokenFile, "");
        string? token = file.Length > 0 ? Read(file) : settings.Environment(EnvironmentName);
        if (token is null or "" && file.Length == 0)
        {
            return null;
        }

        return AuthToken.TryCreate(token!) is not null
            ? token
            : throw new CommandException(
                ExitCode.Usage,
                $"{(file.Length > 0 ? file : EnvironmentName)}: a token is 1 to {AuthToken.MaxLength} ASCII characters without spaces");
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path).TrimEnd('\r', '\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.NoInput, $"the token cannot be read: {e.Message.TrimEnd('.')}", e);
        }
    }
}
