using System.Diagnostics;

namespace KvTcp.Server;

/// <summary>Asks for reloads without a person: when watched files have changed, and when it is time to ask sources for something new.</summary>
/// <param name="options">Whether, and how often.</param>
/// <param name="sources">What is watched.</param>
/// <param name="reload">Reloads.</param>
/// <param name="stop">Ends it.</param>
internal sealed class ReloadSchedule(
    ReloadOptions options, DatasetSources sources, Func<ReloadTrigger, Task<ReloadOutcome>> reload, CancellationToken stop)
{
    private readonly List<Task> _loops = [];

    /// <summary>Starts, where there is something to do. Called once.</summary>
    public void Start()
    {
        if (options.Watch is TimeSpan watch && sources.WatchedPaths.Count > 0)
        {
            _loops.Add(Task.Run(() => WatchAsync(watch), CancellationToken.None));
        }

        if (options.Refresh is TimeSpan refresh)
        {
            _loops.Add(Task.Run(() => RefreshAsync(refresh), CancellationToken.None));
        }
    }

    /// <summary>Waits for the end, once it has been stopped.</summary>
    public Task EndAsync() => Task.WhenAll(_loops);

    private async Task WatchAsync(TimeSpan interval)
    {
        FileWatch watch = new(sources.WatchedPaths);
        RefreshPace pace = new(interval);
        TimeSpan wait = TimeSpan.Zero;
        long tried = 0;
        using PeriodicTimer timer = new(interval);
        while (await NextAsync(timer))
        {
            if (!watch.Look(sources.TakenOfWatched))
            {
                continue;
            }

            // What failed for want of memory, or of a right to read, is tried again, less and less often; what is new at once.
            if (watch.IsUntried)
            {
                pace = new RefreshPace(interval);
            }
            else if (Stopwatch.GetElapsedTime(tried) < wait)
            {
                continue;
            }

            pace.Saw(await reload(ReloadTrigger.Watch));
            tried = Stopwatch.GetTimestamp();
            wait = pace.Next();
        }
    }

    private async Task RefreshAsync(TimeSpan interval)
    {
        RefreshPace pace = new(interval);
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(pace.Next(), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!stop.IsCancellationRequested)
            {
                pace.Saw(await reload(ReloadTrigger.Refresh));
            }
        }
    }

    private async Task<bool> NextAsync(PeriodicTimer timer)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stop);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
