using System.Diagnostics;

namespace KvTcp.Compare;

/// <summary>Which cores the servers run on while they are driven, and which the load. Immutable.</summary>
/// <param name="All">The cores that this process may use.</param>
/// <param name="Server">The upper half of them.</param>
/// <param name="Generator">The lower half; on a single core both share it.</param>
internal sealed record CoreSplit(IReadOnlyList<int> All, IReadOnlyList<int> Server, IReadOnlyList<int> Generator)
{
    /// <summary>Splits the cores that this process may use.</summary>
    public static CoreSplit OfThisProcess()
    {
        using Process self = Process.GetCurrentProcess();
        ulong mask = OperatingSystem.IsLinux() ? (ulong)self.ProcessorAffinity : (1UL << Environment.ProcessorCount) - 1;
        return Of([.. Enumerable.Range(0, 64).Where(core => (mask >> core & 1) == 1)]);
    }

    /// <summary>Splits cores.</summary>
    public static CoreSplit Of(IReadOnlyList<int> cores) => cores.Count == 1
        ? new CoreSplit(cores, cores, cores)
        : new CoreSplit(cores, [.. cores.Skip(cores.Count / 2)], [.. cores.Take(cores.Count / 2)]);

    /// <summary>Keeps threads that this process starts from now on to the cores of the generator.</summary>
    public void PinGenerator()
    {
        if (OperatingSystem.IsLinux())
        {
            using Process self = Process.GetCurrentProcess();
            self.ProcessorAffinity = (nint)Generator.Aggregate(0UL, static (mask, core) => mask | (1UL << core));
        }
    }
}
