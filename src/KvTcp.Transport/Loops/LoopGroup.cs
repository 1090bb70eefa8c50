using Microsoft.Extensions.Logging;

namespace KvTcp.Transport.Loops;

/// <summary>The loops of a transport: they run while somebody listens. Thread-safe.</summary>
/// <param name="options">How many, and how they wait.</param>
/// <param name="logger">Their logger.</param>
internal sealed class LoopGroup(LoopTransportOptions options, ILogger logger)
{
    private readonly Lock _lock = new();
    private EventLoop[] _loops = [];
    private int _users;

    /// <summary>How often the loops have polled before sleeping, and how often that found something; since they were started.</summary>
    public (long Polls, long Hits) BusyPolls
    {
        get
        {
            lock (_lock)
            {
                return (_loops.Sum(static loop => loop.BusyPolls.Polls), _loops.Sum(static loop => loop.BusyPolls.Hits));
            }
        }
    }

    /// <summary>The loops, started if need be; <see cref="ReleaseAsync"/> follows.</summary>
    public IReadOnlyList<EventLoop> Acquire()
    {
        lock (_lock)
        {
            if (_users == 0)
            {
                StartAll();
            }

            _users++;
            return _loops;
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

        return Task.WhenAll(ending.Select(static loop => loop.EndAsync()));
    }

    private void StartAll()
    {
        List<EventLoop> started = [];
        try
        {
            for (int number = 0; number < options.Loops; number++)
            {
                started.Add(new EventLoop(number, options, logger));
            }
        }
        catch
        {
            started.ForEach(static loop => _ = loop.EndAsync());
            throw;
        }

        _loops = [.. started];
    }
}
