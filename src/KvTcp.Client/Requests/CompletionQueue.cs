using System.Collections.Concurrent;

namespace KvTcp.Client;

/// <summary>
/// Runs the callers of completed requests on the thread pool. Thread-safe. One work item runs many callers, one after the other, and
/// has the next work item queued before it runs the first: so a caller that blocks holds up nobody, and when none blocks, the many
/// replies of one read cost one work item and not as many as there are callers.
/// </summary>
internal sealed class CompletionQueue : IThreadPoolWorkItem
{
    private readonly ConcurrentQueue<PendingRequest> _completed = new();
    private int _isQueued;

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
        while (_completed.TryDequeue(out PendingRequest? request))
        {
            if (!_completed.IsEmpty)
            {
                QueueWorkItem();
            }

            request.RunCaller();
        }
    }

    private void QueueWorkItem()
    {
        if (Interlocked.Exchange(ref _isQueued, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
        }
    }
}
