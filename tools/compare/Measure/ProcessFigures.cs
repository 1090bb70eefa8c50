namespace KvTcp.Compare;

/// <summary>What Linux counts for processes, from /proc. A process that has ended is an <see cref="IOException"/>.</summary>
internal static class ProcessFigures
{
    /// <summary>The unit of the times in /proc/PID/stat, USER_HZ: 100 a second on every Linux that .NET runs on.</summary>
    private const int TicksPerSecond = 100;

    /// <summary>The processor time used in user and kernel mode, in steps of 10 ms.</summary>
    public static TimeSpan Cpu(int process)
    {
        string[] fields = Stat(process);
        return TimeSpan.FromSeconds((double)(long.Parse(fields[11]) + long.Parse(fields[12])) / TicksPerSecond);
    }

    /// <summary>The memory that is resident, in bytes.</summary>
    public static long Resident(int process) => Kibibytes(process, "VmRSS:") * 1024;

    /// <summary>The most memory that has ever been resident, in bytes.</summary>
    public static long PeakResident(int process) => Kibibytes(process, "VmHWM:") * 1024;

    /// <summary>How many threads it has.</summary>
    public static int Threads(int process) => int.Parse(Stat(process)[17]);

    /// <summary>How many files and sockets it has open.</summary>
    public static int OpenFiles(int process) => Directory.GetFileSystemEntries($"/proc/{process}/fd").Length;

    /// <summary>A process and all that descend from it: servers may have workers.</summary>
    public static IReadOnlyList<int> Tree(int root)
    {
        ILookup<int, int> children = Directory.GetDirectories("/proc")
            .Select(static folder => int.TryParse(Path.GetFileName(folder.AsSpan()), out int process) ? process : 0)
            .Where(static process => process > 0)
            .ToLookup(ParentOrZero);
        List<int> tree = [root];
        for (int i = 0; i < tree.Count; i++)
        {
            tree.AddRange(children[tree[i]]);
        }

        return tree;
    }

    private static int ParentOrZero(int process)
    {
        try
        {
            return int.Parse(Stat(process)[1]);
        }
        catch (IOException)
        {
            // It has ended since its folder was listed.
            return 0;
        }
    }

    // proc_pid_stat(5). The name, in parentheses, may hold spaces; what follows it is field 3, so field n stands at n - 3.
    private static string[] Stat(int process)
    {
        string stat = File.ReadAllText($"/proc/{process}/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static long Kibibytes(int process, string name)
    {
        string line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))
            ?? throw new IOException($"process {process} has ended");
        return long.Parse(line.AsSpan(name.Length).Trim(" \tkB"));
    }
}
