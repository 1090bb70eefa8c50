using System.Collections.Concurrent;
using System.Diagnostics;

namespace KvTcp.Client;

/// <summary>
/// Runs the callers of completed requests on the thread pool. Thread-safe. One work item runs many callers, one after the other, and
/// has the next work item queued before it runs the first: so a caller that blocks holds up nobody, and when none blocks, the many
/// replies of one read cost one work item and not as many as there are callers. It also knows whether callers have lately taken long.
/// </summary>
internal sealed class CompletionQueue : IThreadPoolWorkItem
{
    /// <summary>A few hundred callers that only ask again take less; what takes longer gains from a second thread.</summary>
    private static readonly long LongTime = Stopwatch.Frequency / 2000;

    /// <summary>For how long a slow caller is remembered, in milliseconds.</summary>
    private const int Memory = 100;

    private readonly ConcurrentQueue<PendingRequest> _completed = new();
    private long _slowUntil;
    private int _isQueued;

    /// <summary>Whether callers have taken long of late, so that they should have a thread other than one that reads or sends.</summary>
    public bool AreCallersSlow => Environment.TickCount64 < Volatile.Read(ref _slowUntil);

    /// <summary>Tells that a caller blocks.</summary>
    public void NoteSlowCaller() => Volatile.Write(ref _slowUntil, Environment.TickCount64 + Memory);

    /// <summary>Tells how long callers have taken.</summary>
    /// <param name="start">When the first began, as <see cref="Stopwatch.GetTimestamp"/> tells it.</param>
    public void NoteTime(long start)
    {
        if (Stopwatch.GetTimestamp() - start > LongTime)
        {
            NoteSlowCaller();
        }
    }

    /// <summary>Adds a request whose caller is to go on.</summary>
    public void Add(PendingRequest request)
    {
        _completed.Enqueue(request);
        QueueWorkItem();
    }

    /// <inheritdoc/>
    void IThreadPoolWorkItem.Execute()
    {
        // What is added from here on queues the next work item.
        Interlocked.Exchange(ref _isQueued, 0);
        long start = Stopwatch.GetTimestamp();
        while (_completed.TryDequeue(out PendingRequest? request))
        {
            if (!_completed.IsEmpty)
            {
                QueueWorkItem();
            }

            request.RunCaller();
        }

        NoteTime(start);
    }

    private void QueueWorkItem()
    {
        if (Interlocked.Exchange(ref _isQueued, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
        }
    }
}
