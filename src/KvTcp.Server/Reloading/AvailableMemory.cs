namespace KvTcp.Server;

/// <summary>How much more memory this process can take: what the machine has left, and what its control groups allow.</summary>
internal static class AvailableMemory
{
    // A group without a limit has the largest number of pages that version 1 can express.
    private const long NoLimitFrom = 1L << 60;

    /// <summary>Asks the system.</summary>
    /// <param name="root">The root of the file system; tests have one of their own.</param>
    /// <returns>Bytes; <see cref="long.MaxValue"/> where nothing tells.</returns>
    public static long Bytes(string root = "/")
    {
        long machine = KernelFile.Field(Path.Combine(root, "proc/meminfo"), "MemAvailable:") is long kibibytes ? kibibytes * 1024 : long.MaxValue;
        return Math.Min(machine, BytesOfGroups(root, ["inactive_file", "active_file", "slab_reclaimable"]));
    }

    /// <summary>Asks the control groups what would be left if the kernel held nothing for connections. Only version 2 counts that.</summary>
    /// <param name="root">The root of the file system; tests have one of their own.</param>
    /// <returns>Bytes; <see cref="long.MaxValue"/> where no group has a limit.</returns>
    public static long BytesForHeap(string root = "/") => BytesOfGroups(root, ["inactive_file", "active_file", "slab_reclaimable", "sock"]);

    private static long BytesOfGroups(string root, string[] reclaimable) => Groups(root).Aggregate(
        long.MaxValue, (least, group) => Math.Min(least, Math.Min(Version2(group, reclaimable), Version1(group))));

    // Above memory.high the kernel takes pages back and holds the process up.
    private static long Version2(string group, string[] reclaimable) => Math.Min(
        Room(group, "memory.max", "memory.current", reclaimable), Room(group, "memory.high", "memory.current", reclaimable));

    private static long Version1(string group) =>
        Room(group, "memory.limit_in_bytes", "memory.usage_in_bytes", ["total_inactive_file", "total_active_file"]);

    /// <summary>The directories of the process's own group and of all above it, which limit it too.</summary>
    private static IEnumerable<string> Groups(string root)
    {
        foreach (string[] parts in KernelFile.Lines(Path.Combine(root, "proc/self/cgroup")).Select(static line => line.Split(':', 3)))
        {
            // "0::/path" of version 2, "5:memory:/path" of version 1, cgroups(7).
            bool isVersion1 = parts is [_, "memory", _];
            if (!isVersion1 && parts is not ["0", "", _])
            {
                continue;
            }

            string mount = Path.Combine(root, isVersion1 ? "sys/fs/cgroup/memory" : "sys/fs/cgroup");
            for (string group = parts[2].TrimEnd('/'); ; group = group[..group.LastIndexOf('/')])
            {
                yield return mount + group;
                if (group.Length == 0)
                {
                    break;
                }
            }
        }
    }

    /// <summary>The limit of a group less what it uses, where cached pages of files do not count: the kernel takes them back when it has to.</summary>
    private static long Room(string group, string limitFile, string usageFile, IEnumerable<string> reclaimable)
    {
        if (KernelFile.Number(Path.Combine(group, limitFile)) is not long limit || limit >= NoLimitFrom)
        {
            return long.MaxValue;
        }

        // Pages read twice are active: the data file after a second load, and a mapped snapshot in use. MemAvailable counts them as well.
        long cached = reclaimable.Sum(name => KernelFile.Field(Path.Combine(group, "memory.stat"), name) ?? 0);
        return Math.Max(0, limit - (KernelFile.Number(Path.Combine(group, usageFile)) ?? 0) + cached);
    }
}
