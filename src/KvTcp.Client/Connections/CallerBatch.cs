using System.Diagnostics;

namespace KvTcp.Client;

/// <summary>
/// The requests that one read has answered, whose callers are to go on. The thread that runs them takes one after the other; another
/// one may at any time take away those that are left. Requests are added before either begins.
/// </summary>
internal sealed class CallerBatch
{
    private readonly List<PendingRequest> _requests = [];
    private volatile bool _isHandedOver;
    private int _taken;

    /// <summary>Whether there is no request.</summary>
    public bool IsEmpty => _requests.Count == 0;

    /// <summary>Whether <see cref="HandOver"/> was called.</summary>
    public bool IsHandedOver => _isHandedOver;

    /// <summary>Runs callers elsewhere; all requests of a client have the same. Null before the first request.</summary>
    public CompletionQueue? Completions { get; private set; }

    /// <summary>Adds a request.</summary>
    public void Add(PendingRequest request)
    {
        Completions = request.Completions;
        _requests.Add(request);
    }

    /// <summary>Runs the callers of the requests, as far as nobody takes them away.</summary>
    public void Run()
    {
        while (TryTake() is { } request)
        {
            request.RunCaller();
        }
    }

    /// <summary>Has the callers that have not run yet run elsewhere.</summary>
    public void HandOver()
    {
        _isHandedOver = true;
        while (TryTake() is { } request)
        {
            Debug.Assert(Completions is not null);
            Completions.Add(request);
        }
    }

    /// <summary>Makes the batch ready for the next requests. Nothing else uses it any more.</summary>
    public void Reset()
    {
        Debug.Assert(_taken >= _requests.Count);
        _requests.Clear();
        _taken = 0;
        _isHandedOver = false;
    }

    private PendingRequest? TryTake()
    {
        int place = Interlocked.Increment(ref _taken) - 1;
        return place < _requests.Count ? _requests[place] : null;
    }
}
