using System.Runtime.InteropServices;

namespace KvTcp.Transport.Linux;

/// <summary>How many files the process may have open, and how many of them connections may take.</summary>
internal static unsafe partial class FileLimit
{
    /// <summary>
    /// Files that are left to others. The runtime opens two for each assembly, at the moment when code of it first runs, and ends
    /// the process when it cannot.
    /// </summary>
    private const int Reserve = 32;

    private const int OpenFiles = 7;
    private const int DuplicateNotInherited = 1030;

    /// <summary>The highest descriptor that a connection may have. Since the lowest free one is always taken, it tells how many are open.</summary>
    public static int HighestForConnections()
    {
        if (!OperatingSystem.IsLinux())
        {
            return int.MaxValue;
        }

        // struct rlimit: the soft limit, then the hard one.
        ulong* limits = stackalloc ulong[2];
        return GetLimit(OpenFiles, limits) == 0 && limits[0] < int.MaxValue ? (int)limits[0] - Reserve : int.MaxValue;
    }

    /// <summary>The lowest descriptor that is free, found by taking it for a moment; -1 when there is none.</summary>
    /// <param name="file">Any open descriptor.</param>
    public static int LowestFree(int file)
    {
        // A program that is started meanwhile must not keep a listening socket open.
        int copy = Control(file, DuplicateNotInherited, 0);
        if (copy >= 0)
        {
            _ = SocketCalls.Close(copy);
        }

        return copy;
    }

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int GetLimit(int resource, ulong* limits);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(int file, int command, int lowest);
}
