namespace KvTcp.Tests.Support;

/// <summary>
/// Lets a command run with little memory: in a control group of its own where those can be made (version 2 or 1), else by the shell's limit
/// on writable memory.
/// </summary>
internal sealed class LimitedMemory : IDisposable
{
    private const string Root = "/sys/fs/cgroup";

    private readonly string? _group;

    /// <summary>Sets the limit.</summary>
    /// <param name="bytes">How much memory, the pages of files that the command reads included where it is a control group.</param>
    public LimitedMemory(long bytes)
    {
        (string parent, string file) = Directory.Exists($"{Root}/memory")
            ? ($"{Root}/memory", "memory.limit_in_bytes")
            : (Root, "memory.max");
        string group = Path.Combine(parent, $"kvtcp-test-{Environment.ProcessId}-{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(group);
            File.WriteAllText(Path.Combine(group, file), $"{bytes}");
            _group = group;
            Prefix = $"echo $$ > '{group}/cgroup.procs' && ";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Prefix = $"ulimit -d {bytes / 1024} && ";
        }
    }

    /// <summary>What a shell does before it starts the command with <c>exec</c>.</summary>
    public string Prefix { get; }

    public void Dispose()
    {
        if (_group is not null)
        {
            // The kernel removes the last process from the group some time after it has ended.
            Patience.UntilAsync(
                async () => (await File.ReadAllTextAsync(Path.Combine(_group, "cgroup.procs"))).Length == 0, "the group is empty").Wait();
            Directory.Delete(_group);
        }
    }
}
