namespace KvTcp.LoadGen;

/// <summary>Drives a server according to a plan.</summary>
internal static class LoadRun
{
    /// <summary>Connects, warms up, measures, and disconnects. Blocks until the end.</summary>
    /// <param name="plan">What to do.</param>
    /// <param name="keys">The data file's keys.</param>
    /// <param name="onSecond">Called on this thread with each second of the measured part as it ends; null for none.</param>
    /// <param name="cancellation">Ends the run early: what has been measured until then is the result.</param>
    /// <exception cref="System.Net.Sockets.SocketException">A first connection cannot be made.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    public static LoadResult Run(LoadPlan plan, KeyFile keys, Action<LoadInterval>? onSecond, CancellationToken cancellation)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("the load generator waits for its connections with epoll, which only Linux has");
        }

        if (plan.Verify)
        {
            keys.UseLastOfDuplicates();
        }

        int count = Math.Min(plan.Threads, plan.Connections);
        using SharedRun shared = new(new SocketTarget(plan.Server), plan, count);
        LoadThread[] threads = [.. Enumerable.Range(0, count).Select(i => new LoadThread(plan, keys, shared, i, count))];
        try
        {
            return Run(plan, shared, threads, onSecond, cancellation);
        }
        finally
        {
            shared.Schedule.Abandon();
            shared.Go.Set();
            foreach (LoadThread thread in threads)
            {
                thread.Join();
                thread.Dispose();
            }
        }
    }

    private static LoadResult Run(
        LoadPlan plan, SharedRun shared, LoadThread[] threads, Action<LoadInterval>? onSecond, CancellationToken cancellation)
    {
        using CancellationTokenRegistration registration = cancellation.Register(shared.Schedule.Abandon);
        foreach (LoadThread thread in threads)
        {
            thread.Start();
        }

        shared.Ready.Wait(CancellationToken.None);
        ThrowOnFailure(threads);
        shared.Schedule.Begin(LoadClock.Now);
        DateTimeOffset startedAt = DateTimeOffset.UtcNow + plan.WarmUp;
        shared.Go.Set();
        int told = shared.Board.Follow((second, latency) => onSecond?.Invoke(Interval(second, TimeSpan.FromSeconds(1), latency)));
        ThrowOnFailure(threads);
        LoadResult result = Collect(plan, shared, threads, startedAt);
        foreach (LoadInterval last in result.Intervals.Skip(told))
        {
            onSecond?.Invoke(last);
        }

        return result;
    }

    private static void ThrowOnFailure(LoadThread[] threads)
    {
        foreach (LoadThread thread in threads)
        {
            thread.ThrowOnFailure();
        }
    }

    private static LoadResult Collect(LoadPlan plan, SharedRun shared, LoadThread[] threads, DateTimeOffset startedAt)
    {
        ThreadTally[] tallies = [.. threads.Select(static thread => thread.Tally)];
        RunSchedule schedule = shared.Schedule;
        long end = Math.Min(schedule.End, tallies.Max(static tally => tally.LastReply));
        if (plan.Count is null)
        {
            end = schedule.End;
        }

        TimeSpan elapsed = LoadClock.Duration(Math.Max(0, end - schedule.Start));
        LatencyHistogram latency = new();
        LatencyHistogram sendDelay = new();
        List<LoadInterval> intervals = [];
        foreach ((int second, LatencyHistogram part) in shared.Board.Seconds.Index())
        {
            latency.Add(part);
            TimeSpan length = elapsed - TimeSpan.FromSeconds(second);
            if (length > TimeSpan.Zero || part.Count > 0)
            {
                intervals.Add(Interval(second, length, part));
            }
        }

        foreach (ThreadTally tally in tallies)
        {
            sendDelay.Add(tally.SendDelay);
        }

        return new LoadResult
        {
            Plan = plan,
            StartedAt = startedAt,
            Elapsed = elapsed,
            Counts = tallies.Aggregate(default(LoadCounts), static (sum, tally) => sum + tally.ToCounts()),
            LateReplies = tallies.Sum(static tally => tally.LateReplies),
            Latency = latency,
            Intervals = intervals,
            GeneratorCpu = LoadClock.Duration(threads.Sum(static thread => thread.CpuNanoseconds)),
            SendDelay = plan.Rate is null ? null : sendDelay,
            InvalidReason = schedule.StopReason ?? (plan.Rate is null ? null : RunValidity.ReasonAgainst(sendDelay, latency)),
            MismatchSamples = Samples(tallies, static tally => tally.MismatchSamples),
            ErrorSamples = Samples(tallies, static tally => tally.ErrorSamples),
        };
    }

    private static List<string> Samples(ThreadTally[] tallies, Func<ThreadTally, IReadOnlyList<string>> samples) =>
        [.. tallies.SelectMany(samples).Take(ThreadTally.MaxSamples)];

    private static LoadInterval Interval(int second, TimeSpan length, LatencyHistogram latency) => new(
        TimeSpan.FromSeconds(second),
        length < TimeSpan.FromSeconds(1) ? length : TimeSpan.FromSeconds(1),
        latency.Count,
        latency.Percentile(0.5),
        latency.Percentile(0.99),
        latency.Max);
}
