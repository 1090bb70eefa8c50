using KvTcp.Cli;

namespace KvTcp.Compare;

/// <summary>Installs packages of Debian, where their program is missing.</summary>
internal static class DebianPackages
{
    /// <summary>Installs what a program needs, unless the program is there.</summary>
    /// <param name="program">The program.</param>
    /// <param name="packages">The packages that it comes from.</param>
    /// <param name="cancellation">Stops it.</param>
    public static Task InstallAsync(string program, string[] packages, CancellationToken cancellation) =>
        InstallAsync("which", [program], packages, cancellation);

    /// <summary>Installs packages, unless a program that tells whether they are there can be run and ends well.</summary>
    /// <param name="probe">The program.</param>
    /// <param name="probeArguments">Its arguments.</param>
    /// <param name="packages">The packages.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="CommandException">They cannot be installed.</exception>
    public static async Task InstallAsync(string probe, string[] probeArguments, string[] packages, CancellationToken cancellation)
    {
        if (await EndsWellAsync(probe, probeArguments, cancellation))
        {
            return;
        }

        string[] install = ["install", "-y", "--no-install-recommends", .. packages];
        if (!Environment.IsPrivilegedProcess)
        {
            throw new CommandException(ExitCode.Unavailable, $"it is not installed, and only root can do that: `apt-get {string.Join(' ', install)}`");
        }

        foreach (string[] arguments in (string[][])[["update"], install])
        {
            // To its end, whatever the user wishes: killed, it would leave packages half installed.
            ProgramEnd end = await Subprocess.RunAsync("apt-get", arguments, CancellationToken.None);
            cancellation.ThrowIfCancellationRequested();
            if (end.ExitCode != 0)
            {
                throw new CommandException(ExitCode.Unavailable, $"`apt-get {string.Join(' ', arguments)}` failed: {end.LastLine}");
            }
        }
    }

    private static async Task<bool> EndsWellAsync(string program, string[] arguments, CancellationToken cancellation)
    {
        try
        {
            return (await Subprocess.RunAsync(program, arguments, cancellation)).ExitCode == 0;
        }
        catch (CommandException)
        {
            // It cannot be run, so it is not there, and neither is what comes with it.
            return false;
        }
    }
}
