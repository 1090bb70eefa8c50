namespace KvTcp.Server.Engine;

/// <summary>Has the keys of one connection answered by an engine, one batch at a time. One thread at a time.</summary>
/// <param name="engine">The engine.</param>
/// <param name="counters">Where hits, misses and failures are counted.</param>
internal sealed class EngineLookups(RedisEngine engine, ConnectionCounters counters)
{
    private EngineRequests? _requests;
    private Task<bool>? _asking;

    // How many keys are asked for at once: fewer where values are so long that not all of them could be kept.
    private int _window = EngineRequests.FirstKeys;

    /// <summary>The engine.</summary>
    public RedisEngine Engine => engine;

    /// <summary>Whether answers are waited for.</summary>
    public bool IsWaiting => _asking is not null;

    /// <summary>Waits until <see cref="TryResolve"/> can go on.</summary>
    public Task WaitAsync() => _asking ?? Task.CompletedTask;

    /// <summary>Asks for the keys of a batch that have no answer, or some of them, or takes the answers that were waited for.</summary>
    /// <param name="batch">The batch, the same as before while answers are waited for.</param>
    /// <returns>Whether there are answers now; else they have to be waited for.</returns>
    public bool TryResolve(LookupBatch batch)
    {
        if (_asking is null)
        {
            _requests ??= engine.RentRequests();
            ReadOnlySpan<Guid> keys = batch.Unanswered;
            if (!_requests.Start(keys.Slice(0, Math.Min(_window, keys.Length))))
            {
                Take(batch);
                return true;
            }

            _asking = _requests.AskAsync();
        }

        if (!_asking.IsCompleted)
        {
            return false;
        }

#pragma warning disable VSTHRD002 // It has completed.
        bool isSettled = _asking.GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
        _asking = null;
        Take(batch);
        if (!isSettled)
        {
            // Replies may still come, to keys that are no longer ours.
            _requests = null;
        }

        return true;
    }

    /// <summary>Takes back what an idle connection need not keep.</summary>
    /// <param name="batch">The batch; no reply has to be written from it.</param>
    public void Release(LookupBatch batch)
    {
        engine.Return(batch);
        if (_requests is not null && !IsWaiting)
        {
            engine.Return(_requests);
        }

        _requests = null;
    }

    private void Take(LookupBatch batch)
    {
        (int hits, int misses, int failures) = batch.Answer(_requests!);
        int answered = hits + misses + failures;
        _window = answered < _requests!.KeyCount ? answered
            : failures == 0 ? Math.Min(2 * _window, EngineRequests.MaxKeys) : _window;
        counters.KeyHits += hits;
        counters.KeyMisses += misses;
        counters.KeyFailures += failures;
    }
}
