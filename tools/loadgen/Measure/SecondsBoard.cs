namespace KvTcp.LoadGen;

/// <summary>Gathers the seconds of all threads, and tells them one by one as soon as every thread has ended them. Thread-safe.</summary>
internal sealed class SecondsBoard
{
    private readonly object _gate = new();
    private readonly List<(LatencyHistogram Latency, int Threads)> _seconds = [];
    private readonly int _threads;
    private int _running;

    /// <summary>Makes an empty board.</summary>
    /// <param name="threads">How many threads there are.</param>
    public SecondsBoard(int threads) => _threads = _running = threads;

    /// <summary>Adds a second of one thread.</summary>
    /// <param name="second">Which one, from 0.</param>
    /// <param name="latency">The latencies of the requests answered in it.</param>
    public void Publish(int second, LatencyHistogram latency)
    {
        lock (_gate)
        {
            while (_seconds.Count <= second)
            {
                _seconds.Add((new LatencyHistogram(), 0));
            }

            _seconds[second].Latency.Add(latency);
            _seconds[second] = (_seconds[second].Latency, _seconds[second].Threads + 1);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Says that a thread has published all its seconds.</summary>
    public void Finish()
    {
        lock (_gate)
        {
            _running--;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Waits until all threads have finished.</summary>
    /// <param name="onSecond">Called with each whole second as it ends.</param>
    public void Follow(Action<int, LatencyHistogram> onSecond)
    {
        for (int second = 0; ;)
        {
            LatencyHistogram latency;
            lock (_gate)
            {
                while (_running > 0 && (second == _seconds.Count || _seconds[second].Threads < _threads))
                {
                    Monitor.Wait(_gate);
                }

                if (_running == 0)
                {
                    return;
                }

                latency = _seconds[second].Latency;
            }

            onSecond(second++, latency);
        }
    }

    /// <summary>All seconds, in order. For the time after <see cref="Follow"/>.</summary>
    public IReadOnlyList<LatencyHistogram> Seconds
    {
        get
        {
            lock (_gate)
            {
                return [.. _seconds.Select(static second => second.Latency)];
            }
        }
    }
}
