using System.Collections.Concurrent;

namespace KvTcp.Client;

/// <summary>Keeps completed requests of one kind for the next callers. Thread-safe.</summary>
/// <typeparam name="TRequest">The kind.</typeparam>
internal sealed class RequestPool<TRequest>
    where TRequest : PendingRequest, new()
{
    /// <summary>The most that are kept, each of about 200 bytes.</summary>
    private const int MaxKept = 4096;

    private readonly ConcurrentQueue<TRequest> _kept = new();
    private int _count;

    /// <summary>Takes a request that is ready to start.</summary>
    public TRequest Rent()
    {
        if (!_kept.TryDequeue(out TRequest? request))
        {
            return new TRequest();
        }

        Interlocked.Decrement(ref _count);
        return request;
    }

    /// <summary>Gives a request back.</summary>
    /// <param name="request">A request that nothing refers to any more.</param>
    public void Return(TRequest request)
    {
        if (Interlocked.Increment(ref _count) <= MaxKept)
        {
            _kept.Enqueue(request);
        }
        else
        {
            Interlocked.Decrement(ref _count);
        }
    }
}
