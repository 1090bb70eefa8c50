using Microsoft.Extensions.Logging;

namespace KvTcp.Server;

/// <summary>
/// Keeps the collector's heap, where connections hold what they have received and not yet sent, within what the memory limit of the process's
/// control groups leaves beside the data.
/// </summary>
/// <remarks>
/// .NET by itself gives the heap three quarters of that limit, whatever else is there. Clients that do not read could then make it grow until no
/// room is left for the pages of the program: the kernel takes them away and reads them again for each step, so nobody gets an answer, the
/// process does not end when it is told to, and nothing kills it. A heap that is full before that ends the process at once.
/// </remarks>
public sealed class HeapLimit : IAsyncDisposable
{
    /// <summary>What the program still takes once it runs: pages of its files, compiled code, threads.</summary>
    private const long ProgramBytes = 64 << 20;

    /// <summary>What .NET gives a heap at least.</summary>
    private const long LeastBytes = 20 << 20;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    /// <summary>.NET's own limit: three quarters of the groups', or what the environment says.</summary>
    private readonly long _ownBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    private readonly ILogger _logger;
    private readonly PeriodicTimer _timer = new(Period);
    private readonly Task _following;
    private long _setBytes;
    private long _toldBytes;

    /// <summary>Sets the limit, and follows what is in memory from then on. Does nothing where no control group has a limit by now.</summary>
    /// <param name="loggers">Hear what the limit is, and when it is too low for a server.</param>
    public HeapLimit(ILoggerFactory loggers)
    {
        _logger = loggers.CreateLogger<HeapLimit>();
        _following = AvailableMemory.BytesForHeap() == long.MaxValue ? Task.CompletedTask : FollowAsync();
    }

    /// <summary>Ends following; the limit stays.</summary>
    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _following;
    }

    /// <summary>How large the heap may become. The kernel's buffers for the connections take about as much again, in the same groups.</summary>
    /// <param name="available">What the groups leave now. Pages of files, those of the program included, and the kernel's buffers for connections count as left.</param>
    /// <param name="heap">What the heap has now.</param>
    internal static long PossibleBytes(long available, long heap) => (available / 2) + ((heap - ProgramBytes) / 2);

    private async Task FollowAsync()
    {
        do
        {
            Set();
        }
        while (await _timer.WaitForNextTickAsync());
    }

    private void Set()
    {
        // What was committed by the last collection, or has been allocated since.
        long heap = Math.Max(GC.GetGCMemoryInfo().TotalCommittedBytes, GC.GetTotalMemory(forceFullCollection: false));
        long possible = PossibleBytes(AvailableMemory.BytesForHeap(), heap);
        long limit = Math.Min(Math.Max(possible, LeastBytes), _ownBytes);
        if (!IsNews(limit, _setBytes, 16))
        {
            // Setting it stops all threads for a moment.
            return;
        }

        AppContext.SetData("GCHeapHardLimit", (ulong)limit);
        try
        {
            GC.RefreshMemoryLimit();
        }
        catch (InvalidOperationException exception)
        {
            // The heap has more already. It may have less after the next collection.
            ServerLog.KeptHeapLimit(_logger, limit >> 20, exception.Message);
            return;
        }

        _setBytes = limit;
        if (IsNews(limit, _toldBytes, 4))
        {
            _toldBytes = limit;
            Tell(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, LeastBytes - possible);
        }
    }

    private void Tell(long limit, long missing)
    {
        if (missing > 0)
        {
            ServerLog.LittleHeap(_logger, limit >> 20, ((2 * missing) >> 20) + 1);
        }
        else
        {
            ServerLog.HeapLimit(_logger, limit >> 20);
        }
    }

    /// <summary>Whether a limit differs from another by more than a part of that.</summary>
    private static bool IsNews(long limit, long old, int part) => Math.Abs(limit - old) > old / part;
}
