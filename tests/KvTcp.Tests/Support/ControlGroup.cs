namespace KvTcp.Tests.Support;

/// <summary>
/// Lets a command run with little of something: in a control group of its own where those can be made (version 2 or 1), else by a limit of the
/// shell that comes close.
/// </summary>
internal sealed class ControlGroup : IDisposable
{
    private const string Root = "/sys/fs/cgroup";

    private readonly string? _group;
    private readonly string _file;

    private ControlGroup(string controller, string file1, string file2, string limit, string otherwise)
    {
        (string parent, _file) = Directory.Exists($"{Root}/{controller}") ? ($"{Root}/{controller}", file1) : (Root, file2);
        string group = Path.Combine(parent, $"kvtcp-test-{Environment.ProcessId}-{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(group);
            File.WriteAllText(Path.Combine(group, _file), limit);
            _group = group;
            Prefix = $"echo $$ > '{group}/cgroup.procs' && ";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // There may be groups, but none that limit this.
            if (Directory.Exists(group))
            {
                Directory.Delete(group);
            }

            Prefix = otherwise;
        }
    }

    /// <summary>Whether it is a group, and no stand-in.</summary>
    public bool IsReal => _group is not null;

    /// <summary>What a shell does before it starts the command with <c>exec</c>.</summary>
    public string Prefix { get; }

    /// <summary>Limits memory; without groups only that which can be written.</summary>
    /// <param name="bytes">How much memory, the pages of files that the command reads included where it is a control group.</param>
    public static ControlGroup OfMemory(long bytes) => new("memory", "memory.limit_in_bytes", "memory.max", $"{bytes}", $"ulimit -d {bytes / 1024} && ");

    /// <summary>Limits threads later, by <see cref="SetLimit"/>, which takes a group.</summary>
    public static ControlGroup OfThreads() => new("pids", "pids.max", "pids.max", "max", "");

    /// <summary>Changes the limit, where there is a group.</summary>
    public void SetLimit(string limit)
    {
        if (_group is not null)
        {
            File.WriteAllText(Path.Combine(_group, _file), limit);
        }
    }

    public void Dispose()
    {
        if (_group is not null && Directory.Exists(_group))
        {
            // The kernel removes the last process from the group some time after it has ended.
            Patience.UntilAsync(
                async () => (await File.ReadAllTextAsync(Path.Combine(_group, "cgroup.procs"))).Length == 0, "the group is empty").Wait();
            Directory.Delete(_group);
        }
    }
}
