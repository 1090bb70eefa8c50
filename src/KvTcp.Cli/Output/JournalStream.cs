namespace KvTcp.Cli;

/// <summary>
/// Standard error where systemd's journal reads it: the journal takes the level of a line from what the line begins with
/// (<see href="https://www.freedesktop.org/software/systemd/man/latest/sd-daemon.html">sd-daemon(3)</see>), and adds the time itself. Thread-safe.
/// </summary>
internal static class JournalStream
{
    /// <summary>Whether standard error goes to the journal.</summary>
    public static bool IsStandardError { get; } = IsStream(Environment.GetEnvironmentVariable("JOURNAL_STREAM"), new FileInfo("/proc/self/fd/2").LinkTarget);

    /// <summary>What an error begins with: <c>LOG_ERR</c> of syslog(3) for the journal, nothing for others.</summary>
    public static string Error => IsStandardError ? "<3>" : "";

    /// <summary>What a warning begins with: <c>LOG_WARNING</c> for the journal, nothing for others.</summary>
    public static string Warning => IsStandardError ? "<4>" : "";

    /// <summary>Whether a descriptor is what systemd says it has connected to the journal.</summary>
    /// <param name="announced">
    /// <c>JOURNAL_STREAM</c> (<see href="https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html">systemd.exec(5)</see>):
    /// <c>DEVICE:INODE</c>; null when it is not set. A process that has sent its standard error elsewhere still sees the variable.
    /// </param>
    /// <param name="target">What the descriptor is, as proc_pid_fd(5) shows it: <c>socket:[INODE]</c> for a socket; null when that is unknown.</param>
    internal static bool IsStream(string? announced, string? target) =>
        announced?.Split(':') is [_, { Length: > 0 } inode] && string.Equals(target, $"socket:[{inode}]", StringComparison.Ordinal);
}
