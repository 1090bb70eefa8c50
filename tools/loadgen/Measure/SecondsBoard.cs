namespace KvTcp.LoadGen;

/// <summary>Adds the seconds of all threads up, and tells them one by one as soon as every thread is past them. Thread-safe.</summary>
/// <param name="threads">How many threads there are.</param>
internal sealed class SecondsBoard(int threads)
{
    private readonly object _gate = new();
    private readonly List<LatencyHistogram> _seconds = [];
    private readonly int[] _passed = new int[threads];

    /// <summary>All seconds, in order. For the time after <see cref="Follow"/>.</summary>
    public IReadOnlyList<LatencyHistogram> Seconds => _seconds;

    /// <summary>Adds what one thread has measured in a second.</summary>
    /// <param name="second">Which one, from 0.</param>
    /// <param name="latency">The latencies of the requests answered in it.</param>
    public void Add(int second, LatencyHistogram latency)
    {
        lock (_gate)
        {
            while (_seconds.Count <= second)
            {
                _seconds.Add(new LatencyHistogram());
            }

            _seconds[second].Add(latency);
        }
    }

    /// <summary>Says how many seconds a thread has passed and added.</summary>
    /// <param name="thread">The thread.</param>
    /// <param name="seconds">The seconds; <see cref="int.MaxValue"/> when it has ended.</param>
    public void Pass(int thread, int seconds)
    {
        lock (_gate)
        {
            _passed[thread] = seconds;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Waits until all threads have ended.</summary>
    /// <param name="onSecond">Called with each second that all have passed.</param>
    /// <returns>How many there were; a last one, which the end of the run cut short, is not among them.</returns>
    public int Follow(Action<int, LatencyHistogram> onSecond)
    {
        for (int second = 0; ;)
        {
            LatencyHistogram latency;
            lock (_gate)
            {
                while (_passed.Min() <= second)
                {
                    Monitor.Wait(_gate);
                }

                if (_passed.Min() == int.MaxValue)
                {
                    return second;
                }

                latency = _seconds[second];
            }

            onSecond(second++, latency);
        }
    }
}
