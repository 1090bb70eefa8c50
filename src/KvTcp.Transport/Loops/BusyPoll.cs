namespace KvTcp.Transport.Loops;

/// <summary>
/// Decides whether a loop looks for events for a while before it sleeps. Sleeping and being woken takes longer than a request, so
/// looking is worth it while events follow each other closely, and only then. On the loop only, apart from <see cref="Counts"/>.
/// </summary>
/// <remarks>
/// A poll that finds something is followed by another one. One that finds nothing makes the loop sleep at once next time, then
/// twice as often, up to <see cref="MostSleeps"/> times between polls. A sleep that was shorter than a poll would have been ends that:
/// events have become frequent. So a loop without traffic polls once and sleeps until something happens.
/// </remarks>
internal sealed class BusyPoll
{
    /// <summary>How many times a loop sleeps between polls when these find nothing.</summary>
    private const int MostSleeps = 16;

    private readonly long _budget;
    private readonly TimeProvider _time;
    private long _started;
    private long _polls;
    private long _hits;
    private int _sleepsAfterMiss;
    private int _sleepsLeft;

    /// <summary>Makes the polling of a loop.</summary>
    /// <param name="budget">How long a poll lasts; zero never polls.</param>
    /// <param name="time">What the time is told by.</param>
    public BusyPoll(TimeSpan budget, TimeProvider time)
    {
        _budget = (long)(budget.TotalSeconds * time.TimestampFrequency);
        _time = time;
    }

    /// <summary>How many polls there were, and how many of them found something. Thread-safe.</summary>
    public (long Polls, long Hits) Counts => (Volatile.Read(ref _polls), Volatile.Read(ref _hits));

    /// <summary>Whether to poll now, before sleeping. If so, polling goes on while <see cref="GoesOn"/>.</summary>
    public bool TryStart()
    {
        if (_budget == 0)
        {
            return false;
        }

        _started = _time.GetTimestamp();
        if (_sleepsLeft > 0)
        {
            return false;
        }

        Volatile.Write(ref _polls, _polls + 1);
        return true;
    }

    /// <summary>Whether a poll that has found nothing yet is to look again.</summary>
    public bool GoesOn()
    {
        if (_time.GetTimestamp() - _started < _budget)
        {
            return true;
        }

        _sleepsAfterMiss = Math.Clamp(2 * _sleepsAfterMiss, 1, MostSleeps);
        _sleepsLeft = 1 + _sleepsAfterMiss;
        return false;
    }

    /// <summary>The poll has found something.</summary>
    public void OnHit()
    {
        Volatile.Write(ref _hits, _hits + 1);
        _sleepsAfterMiss = 0;
    }

    /// <summary>The loop has slept.</summary>
    public void OnSlept()
    {
        if (_sleepsLeft > 0)
        {
            _sleepsLeft = _time.GetTimestamp() - _started < _budget ? 0 : _sleepsLeft - 1;
        }
    }
}
