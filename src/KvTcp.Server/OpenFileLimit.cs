using System.Globalization;

namespace KvTcp.Server;

/// <summary>How many files, sockets included, this process may still open.</summary>
internal static class OpenFileLimit
{
    /// <summary>The limit less what is open. The runtime has raised the soft limit to the hard one when it started.</summary>
    /// <returns>A number of files; <see cref="int.MaxValue"/> where there is no limit, or no /proc to tell it.</returns>
    public static long Remaining()
    {
        if (!File.Exists("/proc/self/limits"))
        {
            return int.MaxValue;
        }

        // "Max open files            20000                20000                files", proc_pid_limits(5)
        const string Name = "Max open files";
        string soft = File.ReadLines("/proc/self/limits").First(static line => line.StartsWith(Name, StringComparison.Ordinal))[Name.Length..]
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return long.TryParse(soft, CultureInfo.InvariantCulture, out long limit)
            ? limit - Directory.EnumerateFileSystemEntries("/proc/self/fd").Count()
            : int.MaxValue;
    }
}
