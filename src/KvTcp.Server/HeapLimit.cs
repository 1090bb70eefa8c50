using Microsoft.Extensions.Logging;

namespace KvTcp.Server;

/// <summary>
/// Keeps the collector's heap, where connections hold what they have received and not yet sent, within what the memory limit of the process's
/// control groups leaves beside the data.
/// </summary>
/// <remarks>
/// .NET by itself gives the heap three quarters of that limit, whatever else is there. Clients that do not read could make it grow until no
/// room is left for the pages of the program: the kernel takes them away and reads them again for each step, so nobody gets an answer, the
/// process does not end when it is told to, and nothing kills it. A heap that is full before that ends the process at once.
/// </remarks>
public static class HeapLimit
{
    /// <summary>What the program takes, once it has run for a while, of pages of files, of compiled code and of threads.</summary>
    private const long ProgramBytes = 64 << 20;

    /// <summary>What .NET gives a heap at least.</summary>
    private const long LeastBytes = 20 << 20;

    /// <summary>.NET's own limit: three quarters of the groups', or that of an environment variable.</summary>
    private static readonly long s_ownBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Sets the limit for what is in memory now. Does nothing where no control group has a limit. One caller at a time.</summary>
    /// <param name="logger">Hears what the limit is, and when it is too low for a server.</param>
    public static void Refresh(ILogger logger)
    {
        long available = AvailableMemory.BytesOfGroups();
        if (available == long.MaxValue)
        {
            return;
        }

        long possible = PossibleBytes(available, GC.GetGCMemoryInfo().TotalCommittedBytes);
        long limit = Math.Min(Math.Max(possible, LeastBytes), s_ownBytes);
        AppContext.SetData("GCHeapHardLimit", (ulong)limit);
        try
        {
            GC.RefreshMemoryLimit();
        }
        catch (InvalidOperationException exception)
        {
            // More is in use already. It will be less when those who use it have gone, and at the next reload.
            ServerLog.KeptHeapLimit(logger, limit >> 20, exception.Message);
            return;
        }

        if (possible < LeastBytes)
        {
            ServerLog.LittleHeap(logger, limit >> 20, (2 * (LeastBytes - possible)) >> 20);
        }
        else
        {
            ServerLog.HeapLimit(logger, limit >> 20);
        }
    }

    /// <summary>How large the heap may become. The kernel's buffers for the connections take about as much again, in the same groups.</summary>
    /// <param name="available">What the groups leave now; pages of files, those of the program included, count as left.</param>
    /// <param name="committed">What the heap has of what they do not leave.</param>
    internal static long PossibleBytes(long available, long committed) => (available + committed - ProgramBytes) / 2;
}
