using System.Collections.Concurrent;

namespace KvTcp.Client;

/// <summary>
/// Keeps completed requests of one kind for the next callers. Each thread has a place of its own, since a caller that has been answered
/// often asks again at once; what finds no room there goes to a queue that all share. Thread-safe.
/// </summary>
/// <typeparam name="TRequest">The kind.</typeparam>
internal static class RequestPool<TRequest>
    where TRequest : PendingRequest, new()
{
    /// <summary>The most that are kept, each of about 200 bytes.</summary>
    private const int MaxKept = 4096;

    [ThreadStatic]
    private static TRequest? _ownOfThread;

    private static readonly ConcurrentQueue<TRequest> _kept = new();
    private static int _count;

    /// <summary>Takes a request that is ready to start.</summary>
    public static TRequest Rent()
    {
        if (_ownOfThread is TRequest own)
        {
            _ownOfThread = null;
            return own;
        }

        return RentShared();
    }

    /// <summary>Gives a request back.</summary>
    /// <param name="request">A request that nothing refers to any more.</param>
    public static void Return(TRequest request)
    {
        if (_ownOfThread is null)
        {
            _ownOfThread = request;
        }
        else
        {
            ReturnShared(request);
        }
    }

    private static TRequest RentShared()
    {
        if (!_kept.TryDequeue(out TRequest? request))
        {
            return new TRequest();
        }

        Interlocked.Decrement(ref _count);
        return request;
    }

    private static void ReturnShared(TRequest request)
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
