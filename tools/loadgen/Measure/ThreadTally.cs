namespace KvTcp.LoadGen;

/// <summary>What one thread of a run has counted. For that thread, and for others when it has ended.</summary>
internal sealed class ThreadTally
{
    /// <summary>How many samples of errors and mismatches are kept.</summary>
    public const int MaxSamples = 10;

    private readonly RunSchedule _schedule;
    private readonly SecondsBoard _board;
    private readonly int _thread;
    private LatencyHistogram _latency = new();
    private int _second;

    /// <summary>Starts with nothing.</summary>
    /// <param name="schedule">Says what is measured.</param>
    /// <param name="board">Receives the seconds.</param>
    /// <param name="thread">Which thread it is.</param>
    public ThreadTally(RunSchedule schedule, SecondsBoard board, int thread)
    {
        _schedule = schedule;
        _board = board;
        _thread = thread;
    }

    public long Requests { get; private set; }

    /// <summary>Those of <see cref="Requests"/> whose reply came after the end of the measured part.</summary>
    public long LateReplies { get; private set; }

    public long Hits { get; set; }

    public long Misses { get; set; }

    public long Errors { get; set; }

    public long Timeouts { get; set; }

    public long Lost { get; set; }

    public long Mismatches { get; set; }

    public long Reconnects { get; set; }

    public long Unsent { get; set; }

    /// <summary>Open loop: how late the generator itself was.</summary>
    public LatencyHistogram SendDelay { get; } = new();

    /// <summary>The first errors.</summary>
    public List<string> ErrorSamples { get; } = [];

    /// <summary>The first mismatches.</summary>
    public List<string> MismatchSamples { get; } = [];

    /// <summary>When the last request was answered.</summary>
    public long LastReply { get; private set; }

    /// <summary>Hands the seconds that have ended to the board. To be called before what happened at that time is counted.</summary>
    /// <param name="now">The time.</param>
    public void PassTime(long now)
    {
        for (long end; now >= (end = _schedule.Start + ((_second + 1) * LoadClock.Second)) && end < _schedule.End;)
        {
            AddSecond();
            _board.Pass(_thread, _second);
        }
    }

    /// <summary>Hands the last second to the board.</summary>
    public void Finish() => AddSecond();

    /// <summary>Counts an answered request.</summary>
    /// <param name="due">From when its latency counts.</param>
    /// <param name="now">When its reply was read.</param>
    public void Answered(long due, long now)
    {
        Requests++;
        LateReplies += now >= _schedule.End ? 1 : 0;
        _latency.RecordNanoseconds(now - due);
        LastReply = now;
    }

    /// <summary>The counts so far.</summary>
    public LoadCounts ToCounts() => new(Requests, Hits, Misses, Errors, Timeouts, Lost, Mismatches, Reconnects, Unsent);

    private void AddSecond()
    {
        _board.Add(_second++, _latency);
        _latency = new LatencyHistogram();
    }
}
