using Microsoft.Extensions.Logging;

namespace KvTcp.Server;

/// <summary>
/// Keeps the collector's heap, where connections hold what they have received and not yet sent, within what the memory limit of the process's
/// control groups leaves beside the data.
/// </summary>
/// <remarks>
/// .NET by itself gives the heap three quarters of that limit, whatever else is there. Clients that do not read could then make it grow until no
/// room is left for the pages of the program: the kernel takes them away and reads them again for each step, so nobody gets an answer, the
/// process does not end when it is told to, and nothing kills it. A heap that is full before that leaves room to end the process.
/// </remarks>
public sealed class HeapLimit : IAsyncDisposable
{
    /// <summary>What the program still takes once it runs: pages of its files, compiled code, threads.</summary>
    private const long ProgramBytes = 64 << 20;

    /// <summary>What connections get at least, were it from the program's part.</summary>
    private const long LeastBytes = 12 << 20;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    /// <summary>.NET's own limit: three quarters of the groups', or what the environment says.</summary>
    private readonly long _ownBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>What the server has in its heap before the first client comes: 4 MiB for each loop over io_uring.</summary>
    private readonly long _serverBytes = HeapBytes();

    private readonly ILogger _logger;
    private readonly PeriodicTimer _timer = new(Period);
    private readonly Task _following;
    private long _setBytes;
    private long _toldBytes;
    private bool _isLittle;

    /// <summary>
    /// Sets the limit, and follows what is in memory from then on. Does nothing where no control group has a limit by now. To be made when the server
    /// has what it needs without clients.
    /// </summary>
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

    /// <summary>
    /// How much the heap may take for connections. The kernel's buffers for them take about as much again, in the same groups.
    /// </summary>
    /// <param name="available">
    /// What the groups leave now. Pages of files, those of the program included, and the kernel's buffers for connections count as left.
    /// </param>
    /// <param name="connections">What the heap has for connections now.</param>
    internal static long PossibleBytes(long available, long connections) => (available / 2) + ((connections - ProgramBytes) / 2);

    /// <summary>What was committed by the last collection, or has been allocated since.</summary>
    private static long HeapBytes() => Math.Max(GC.GetGCMemoryInfo().TotalCommittedBytes, GC.GetTotalMemory(forceFullCollection: false));

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
        long possible = PossibleBytes(AvailableMemory.BytesForHeap(), HeapBytes() - _serverBytes);
        long limit = Math.Min(_serverBytes + Math.Max(possible, LeastBytes), _ownBytes);
        if (IsNews(limit, _setBytes, 16))
        {
            // This stops all threads for a moment.
            AppContext.SetData("GCHeapHardLimit", (ulong)limit);
            try
            {
                GC.RefreshMemoryLimit();
                _setBytes = limit;
            }
            catch (InvalidOperationException exception)
            {
                // The heap has more already. It may have less after the next collection.
                ServerLog.KeptHeapLimit(_logger, limit >> 20, exception.Message);
            }
        }

        Tell(limit, LeastBytes - possible);
    }

    /// <summary>Tells a limit that is news, and when it becomes too low.</summary>
    private void Tell(long limit, long missing)
    {
        bool wasLittle = _isLittle;
        _isLittle = missing > 0;
        if (_isLittle == wasLittle && !IsNews(limit, _toldBytes, 4))
        {
            return;
        }

        _toldBytes = limit;
        if (_isLittle)
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
