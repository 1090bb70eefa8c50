namespace KvTcp.Compare;

/// <summary>
/// Reads the processor time of processes over and over, so that it is known afterwards for the measured part of a run, whose ends
/// only the run itself knows. Thread-safe.
/// </summary>
internal sealed class CpuSampler : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    private readonly IReadOnlyList<int> _processes;
    private readonly List<(DateTimeOffset At, TimeSpan Cpu)> _samples = [];
    private readonly Lock _lock = new();
    private readonly Timer _timer;
    private IOException? _failure;

    /// <summary>Begins to read.</summary>
    /// <param name="processes">The processes, whose times are added up.</param>
    public CpuSampler(IReadOnlyList<int> processes)
    {
        _processes = processes;
        Sample();
        _timer = new Timer(_ => Sample(), null, Interval, Interval);
    }

    /// <summary>The processor time used between two moments since the beginning.</summary>
    /// <exception cref="IOException">A process has ended.</exception>
    public TimeSpan Between(DateTimeOffset start, DateTimeOffset end)
    {
        Sample();
        lock (_lock)
        {
            return _failure is null ? At(end) - At(start) : throw new IOException("the server has ended", _failure);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Sample()
    {
        lock (_lock)
        {
            try
            {
                TimeSpan cpu = TimeSpan.FromTicks(_processes.Sum(static process => ProcessFigures.Cpu(process).Ticks));
                _samples.Add((DateTimeOffset.UtcNow, cpu));
            }
            catch (IOException e)
            {
                _failure = e;
            }
        }
    }

    /// <summary>Between two samples the time is taken to pass evenly.</summary>
    private TimeSpan At(DateTimeOffset moment)
    {
        int after = _samples.FindIndex(sample => sample.At >= moment);
        if (after <= 0)
        {
            return after < 0 ? _samples[^1].Cpu : _samples[0].Cpu;
        }

        (DateTimeOffset before, TimeSpan cpu) = _samples[after - 1];
        return cpu + ((_samples[after].Cpu - cpu) * ((moment - before) / (_samples[after].At - before)));
    }
}
