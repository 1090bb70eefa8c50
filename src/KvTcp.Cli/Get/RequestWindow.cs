namespace KvTcp.Cli;

/// <summary>
/// How many requests are under way: up to 4,096, but no more than fit in 64 MiB when all values are as long as the longest so far.
/// It starts small and grows with each reply, since nothing is known of the values at first. One thread enters, one leaves.
/// </summary>
internal sealed class RequestWindow : IDisposable
{
    /// <summary>Enough for a round trip of some milliseconds.</summary>
    public const int MaxRequests = 4096;

    private const int MaxBytes = 64 << 20;
    private const int FirstRequests = 64;

    private readonly SemaphoreSlim _free = new(FirstRequests);
    private int _longest = 1;

    /// <summary>How many requests may be under way now.</summary>
    public int Size { get; private set; } = FirstRequests;

    /// <summary>Waits until there is room for one more request.</summary>
    public Task EnterAsync() => _free.WaitAsync();

    /// <summary>Gives the room of a request back.</summary>
    /// <param name="valueLength">The length of its value in bytes.</param>
    public void Leave(int valueLength)
    {
        _longest = Math.Max(_longest, valueLength);
        int wanted = Math.Clamp(MaxBytes / _longest, 1, MaxRequests);
        int change = Math.Clamp(wanted - Size, -1, 1);
        Size += change;
        if (change >= 0)
        {
            _free.Release(1 + change);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _free.Dispose();
}
