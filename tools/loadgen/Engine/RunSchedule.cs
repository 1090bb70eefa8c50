namespace KvTcp.LoadGen;

/// <summary>When a run measures and when it ends, and how many requests it may still send. Shared by the threads; thread-safe.</summary>
internal sealed class RunSchedule
{
    private readonly LoadPlan _plan;
    private readonly Lock _stopping = new();
    private long _end = long.MaxValue;
    private long _permits;
    private volatile bool _isAbandoned;

    /// <summary>Makes the schedule of a run that has not begun.</summary>
    /// <param name="plan">The plan.</param>
    public RunSchedule(LoadPlan plan)
    {
        _plan = plan;
        _permits = plan.Count ?? long.MaxValue;
    }

    /// <summary>When the load begins, warm-up included.</summary>
    public long Origin { get; private set; }

    /// <summary>When the measured part begins: a request counts when it is sent (open loop: is due) from then on.</summary>
    public long Start { get; private set; } = long.MaxValue;

    /// <summary>When the last request may be sent; <see cref="long.MaxValue"/> while only a count ends the run.</summary>
    public long End => Volatile.Read(ref _end);

    /// <summary>Whether the run ends without waiting for the replies that are due.</summary>
    public bool IsAbandoned => _isAbandoned;

    /// <summary>Whether a count of requests ends the run, and all of them have been sent.</summary>
    public bool IsSpent => _plan.Count is not null && Volatile.Read(ref _permits) <= 0;

    /// <summary>Why the run had to be ended early; null when nothing was wrong.</summary>
    public string? StopReason { get; private set; }

    /// <summary>Sets the times. Called once, before the threads look at them.</summary>
    /// <param name="now">The time now.</param>
    public void Begin(long now)
    {
        Origin = now;
        Start = now + LoadClock.Nanoseconds(_plan.WarmUp);
        if (_plan.Count is null)
        {
            EndBy(Start + LoadClock.Nanoseconds(_plan.Duration));
        }
    }

    /// <summary>Asks how many requests may be sent.</summary>
    /// <param name="wanted">How many there is room for.</param>
    /// <param name="time">When they are sent or due.</param>
    /// <returns>At most <paramref name="wanted"/>; these must be sent.</returns>
    public int Permit(int wanted, long time)
    {
        if (time >= End)
        {
            return 0;
        }

        if (_plan.Count is null || time < Start)
        {
            return wanted;
        }

        long left = Interlocked.Add(ref _permits, -wanted);
        return (int)Math.Clamp(left + wanted, 0, wanted);
    }

    /// <summary>Ends the run early.</summary>
    /// <param name="now">The time now.</param>
    /// <param name="reason">Why the figures must not be used.</param>
    public void Stop(long now, string reason)
    {
        lock (_stopping)
        {
            StopReason ??= reason;
        }

        EndBy(now);
    }

    /// <summary>Ends the run at once, at the user's wish; replies that are still due do not count.</summary>
    public void Abandon()
    {
        EndBy(LoadClock.Now);
        _isAbandoned = true;
    }

    private void EndBy(long time)
    {
        lock (_stopping)
        {
            Volatile.Write(ref _end, Math.Min(_end, time));
        }
    }
}
