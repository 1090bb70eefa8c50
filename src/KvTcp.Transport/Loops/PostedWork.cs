namespace KvTcp.Transport.Loops;

/// <summary>What other threads give a loop to do, and how it is woken for that. Members are the loop's, unless they say otherwise.</summary>
/// <param name="loop">The loop.</param>
internal sealed class PostedWork(EventLoop loop)
{
    // Guards the list that grows, and the end.
    private readonly Lock _lock = new();
    private readonly List<ILoopWork> _posted = [];
    private volatile bool _hasAny;
    private int _isAsleep;

    // How many are about to wake the loop; counted up within the lock, and down when the loop is woken.
    private int _wakers;
    private bool _isClosed;

    /// <summary>Whether there is something to do.</summary>
    public bool HasAny => _hasAny;

    /// <summary>Adds something, and wakes the loop if it sleeps. Thread-safe.</summary>
    /// <returns>Whether it will be done; if not, the loop has ended.</returns>
    public bool TryAdd(ILoopWork work)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return false;
            }

            _posted.Add(work);
            _hasAny = true;

            // Full fences here and before the wait: either the loop sees the work, or this sees that it sleeps.
            if (Interlocked.Exchange(ref _isAsleep, 0) == 0)
            {
                return true;
            }

            Interlocked.Increment(ref _wakers);
        }

        // Not within the lock: where the loop gets this thread's core at once, it would wait for the lock, and need this thread to go on first.
        loop.Engine.WakeUp();
        Interlocked.Decrement(ref _wakers);
        return true;
    }

    /// <summary>Others wake the loop from now on, until <see cref="WakeUp"/>.</summary>
    /// <returns>Whether the loop may sleep, since there is nothing to do.</returns>
    public bool TryFallAsleep()
    {
        Interlocked.Exchange(ref _isAsleep, 1);
        return !_hasAny;
    }

    /// <summary>The loop sleeps no more.</summary>
    public void WakeUp() => Volatile.Write(ref _isAsleep, 0);

    /// <summary>Moves everything to a queue.</summary>
    public void MoveTo(Queue<ILoopWork> queue)
    {
        if (!_hasAny)
        {
            return;
        }

        lock (_lock)
        {
            foreach (ILoopWork work in _posted)
            {
                queue.Enqueue(work);
            }

            _posted.Clear();
            _hasAny = false;
        }
    }

    /// <summary>
    /// Refuses all further work, if there is none, and nobody is about to wake the loop: it does nothing more then, and those who are refused may.
    /// </summary>
    public bool TryClose()
    {
        lock (_lock)
        {
            _isClosed = !_hasAny && Volatile.Read(ref _wakers) == 0;
            return _isClosed;
        }
    }
}
