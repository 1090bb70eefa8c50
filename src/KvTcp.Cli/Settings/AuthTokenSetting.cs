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
    public static string? Resolve(SettingSources settings) =>
        Resolve(settings.Get(KnownSettings.AuthTokenFile, ""), settings.Environment(EnvironmentName));

    /// <summary>Finds the token.</summary>
    /// <param name="file">The file; empty for none.</param>
    /// <param name="variable">The environment variable.</param>
    /// <returns>The token, or null if there is none.</returns>
    /// <exception cref="CommandException">It cannot be one, or the file cannot be read.</exception>
    public static string? Resolve(string file, string? variable)
    {
        if (file.Length > 0)
        {
            return Read(file);
        }

        return variable is null or "" ? null
            : AuthToken.TryCreate(variable) is not null ? variable
            : throw new CommandException(
                ExitCode.Usage, $"{EnvironmentName}: a token is 1 to {AuthToken.MaxLength} ASCII characters without spaces");
    }

    private static string Read(string file)
    {
        try
        {
            return TokenFile.ReadText(file);
        }
        catch (CredentialException e)
        {
            throw new CommandException(
                e.IsUnreadable ? ExitCode.NoInput : ExitCode.Usage, e.IsUnreadable ? $"the token cannot be read: {e.Message}" : e.Message, e);
        }
    }
}
