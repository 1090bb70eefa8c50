using System.Runtime.InteropServices;

namespace KvTcp.LoadGen;

/// <summary>The machine that the load generator runs on. Immutable.</summary>
/// <param name="System">The operating system with its version.</param>
/// <param name="Architecture">The instruction set.</param>
/// <param name="Processor">The processor's name, or empty when the system does not tell.</param>
/// <param name="Processors">Logical processors that this process may use.</param>
/// <param name="MemoryBytes">Memory that this process may use.</param>
/// <param name="Runtime">The .NET version.</param>
internal sealed record Machine(
    string System, string Architecture, string Processor, int Processors, long MemoryBytes, string Runtime)
{
    private const string ProcessorFile = "/proc/cpuinfo";

    /// <summary>The machine that this runs on.</summary>
    public static Machine Current() => new(
        RuntimeInformation.OSDescription,
        RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant(),
        File.Exists(ProcessorFile) ? ProcessorName(File.ReadLines(ProcessorFile)) : "",
        Environment.ProcessorCount,
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        RuntimeInformation.FrameworkDescription);

    /// <summary>Finds the processor's name.</summary>
    /// <param name="lines">The lines of Linux's /proc/cpuinfo.</param>
    /// <returns>The name, or empty when there is none, as on most ARM machines.</returns>
    internal static string ProcessorName(IEnumerable<string> lines) =>
        lines.FirstOrDefault(static line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[^1].Trim() ?? "";
}
