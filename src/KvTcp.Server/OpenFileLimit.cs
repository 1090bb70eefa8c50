using System.Globalization;

namespace KvTcp.Server;

/// <summary>How many files, sockets included, this process may still open, and who may have them.</summary>
public static class OpenFileLimit
{
    /// <summary>What a server needs, with all that it may be told to do and a few connections: with HTTP some 180 of these are assemblies.</summary>
    public const int Least = 256;

    /// <summary>Files beside connections: listeners, connections that are being turned away, and what the runtime opens.</summary>
    private const int SpareFiles = 64;

    /// <summary>What the server may open between the questions for HTTP and for the line protocol: assemblies, data, loops.</summary>
    private const int OpenedMeanwhile = 128;

    /// <summary>The limit. The runtime has raised the soft limit to the hard one when it started.</summary>
    /// <returns>A number of files; <see cref="int.MaxValue"/> where there is no limit, or no /proc to tell it.</returns>
    public static long Allowed()
    {
        if (!File.Exists("/proc/self/limits"))
        {
            return int.MaxValue;
        }

        // "Max open files            20000                20000                files", proc_pid_limits(5)
        const string Name = "Max open files";
        string soft = File.ReadLines("/proc/self/limits").First(static line => line.StartsWith(Name, StringComparison.Ordinal))[Name.Length..]
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return long.TryParse(soft, CultureInfo.InvariantCulture, out long limit) ? limit : int.MaxValue;
    }

    /// <summary>
    /// How many connections HTTP may have: what the line protocol leaves, or a fourth of all where that is more. Asked before
    /// <see cref="LineConnections"/>.
    /// </summary>
    /// <param name="wanted">How many each of them should have.</param>
    internal static int HttpConnections(int wanted)
    {
        long possible = Remaining() - SpareFiles - OpenedMeanwhile;
        return (int)Math.Min(wanted, Math.Max(1, Math.Max(possible / 4, possible - wanted)));
    }

    /// <summary>How many connections the line protocol may have: beyond that, accepting would fail instead of answering BUSY.</summary>
    /// <param name="wanted">How many it should have.</param>
    /// <param name="forHttp">What <see cref="HttpConnections"/> has allowed less those that are open; 0 without HTTP.</param>
    internal static int LineConnections(int wanted, int forHttp) => (int)Math.Min(wanted, Math.Max(1, Remaining() - SpareFiles - forHttp));

    /// <summary>The limit less what is open.</summary>
    private static long Remaining() => Allowed() is < int.MaxValue and long limit
        ? limit - Directory.EnumerateFileSystemEntries("/proc/self/fd").Count()
        : int.MaxValue;
}
