using System.Runtime.InteropServices;

namespace KvTcp.Compare;

/// <summary>What figures were measured on. Immutable.</summary>
/// <param name="Processor">The model of the processor.</param>
/// <param name="Cores">How many cores this process may use.</param>
/// <param name="MemoryBytes">The machine's memory.</param>
/// <param name="System">The operating system.</param>
/// <param name="Kernel">The kernel's version.</param>
/// <param name="Runtime">The version of .NET.</param>
internal sealed record Machine(string Processor, int Cores, long MemoryBytes, string System, string Kernel, string Runtime)
{
    /// <summary>Memory that is free, or that the kernel would free, in bytes.</summary>
    public static long AvailableBytes => Kibibytes("MemAvailable:") * 1024;

    /// <summary>Describes this machine.</summary>
    public static Machine Describe(CoreSplit cores) => new(
        Field("/proc/cpuinfo", "model name", ':'),
        cores.All.Count,
        Kibibytes("MemTotal:") * 1024,
        Field("/etc/os-release", "PRETTY_NAME", '=').Trim('"'),
        File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
        RuntimeInformation.FrameworkDescription);

    public override string ToString() =>
        $"{Processor}, {Cores} cores, {MemoryBytes / (double)(1 << 30):0.0} GiB, {System}, Linux {Kernel}, {Runtime}";

    private static long Kibibytes(string name) => long.Parse(Field("/proc/meminfo", name, ':').AsSpan().Trim("kB "));

    /// <summary>What stands after the separator on the first line with a name; Arm's kernels do not name the processor.</summary>
    private static string Field(string file, string name, char separator) =>
        File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(separator, 2)[1].Trim()
        ?? $"{RuntimeInformation.ProcessArchitecture} processor";
}
