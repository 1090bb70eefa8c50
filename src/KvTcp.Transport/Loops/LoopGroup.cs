using System.ComponentModel;
using KvTcp.Transport.Linux;
using Microsoft.Extensions.Logging;

namespace KvTcp.Transport.Loops;

/// <summary>The loops of a transport: they run while somebody listens. Thread-safe.</summary>
/// <param name="options">How many, and how they wait.</param>
/// <param name="logger">Their logger.</param>
internal sealed class LoopGroup(LoopTransportOptions options, ILogger logger)
{
    private readonly Lock _lock = new();
    private Task<EventLoop[]> _started = Task.FromResult<EventLoop[]>([]);
    private volatile EventLoop[] _loops = [];
    private int _users;

    /// <summary>How often the loops have polled before sleeping, and how often that found something; since they were started.</summary>
    public (long Polls, long Hits) BusyPolls
    {
        get
        {
            EventLoop[] loops = _loops;
            return (loops.Sum(static loop => loop.BusyPolls.Polls), loops.Sum(static loop => loop.BusyPolls.Hits));
        }
    }

    /// <summary>The loops, started if need be; <see cref="ReleaseAsync"/> follows.</summary>
    /// <exception cref="LoopEngineException">They cannot be started; none is left.</exception>
    public async Task<IReadOnlyList<EventLoop>> AcquireAsync()
    {
        Task<EventLoop[]> started;
        lock (_lock)
        {
            if (_users++ == 0)
            {
                _started = StartAllAsync();
            }

            started = _started;
        }

        try
        {
            return _loops = await started;
        }
        catch
        {
            lock (_lock)
            {
                _users--;
            }

            throw;
        }
    }

    /// <summary>Ends the loops if nobody else uses them. Connections that are left are aborted.</summary>
    public Task ReleaseAsync()
    {
        EventLoop[] ending = [];
        lock (_lock)
        {
            if (--_users == 0)
            {
                (ending, _loops) = (_loops, []);
            }
        }

        return EndAllAsync(ending);
    }

    private async Task<EventLoop[]> StartAllAsync()
    {
        List<EventLoop> started = [];
        try
        {
            for (int number = 0; number < options.Loops; number++)
            {
                started.Add(await EventLoop.StartAsync(number, options, logger));
            }

            return [.. started];
        }
        catch (Exception exception) when (exception is Win32Exception or OutOfMemoryException)
        {
            // What they hold may be what there is too little of.
            await EndAllAsync(started);
            throw new LoopEngineException(options.Engine, ReasonFor(exception), exception);
        }
    }

    private string ReasonFor(Exception exception) => exception switch
    {
        Win32Exception refusal when options.Engine == LoopEngineKind.IoUring => IoUringProbe.ReasonFor(refusal.NativeErrorCode),
        Win32Exception refusal => Errno.Text(refusal.NativeErrorCode),
        _ => "the system starts no more threads; see the limits of open files (ulimit -n), of threads (ulimit -u) and of memory",
    };

    private static Task EndAllAsync(IEnumerable<EventLoop> loops) => Task.WhenAll(loops.Select(static loop => loop.EndAsync()));
}
