using System.Net;
using System.Threading.RateLimiting;

namespace KvTcp.Server;

/// <summary>
/// How many requests the clients of each address may send, <see cref="ServerOptions.RequestsPerSecond"/>. Whoever sends more is answered
/// later: nothing is read from a connection until its requests are within the rate. Thread-safe.
/// </summary>
/// <remarks>
/// What a read has brought is counted at once when it has been answered, so that a request costs nothing but its share of that. Addresses
/// that send nothing are forgotten after some seconds.
/// </remarks>
internal sealed class RequestRates : IDisposable
{
    /// <summary>How many seconds' worth of requests may come at once.</summary>
    public const int BurstSeconds = 10;

    private readonly PartitionedRateLimiter<IPAddress> _limiter;
    private readonly CancellationTokenSource _stop = new();
    private readonly int _burst;
    private readonly TimeSpan _patience;

    /// <summary>Makes the limiter.</summary>
    /// <param name="perSecond">How many requests a second.</param>
    /// <param name="patience">How long a connection may have to wait before it is given up.</param>
    public RequestRates(int perSecond, TimeSpan patience)
    {
        _burst = perSecond * BurstSeconds;
        _patience = patience;
        TokenBucketRateLimiterOptions options = new()
        {
            TokenLimit = _burst,
            TokensPerPeriod = perSecond,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),

            // What an address may owe, and what may wait for that: as much as a connection would wait for. The rest is forgiven, and who
            // comes then is closed at once.
            QueueLimit = (int)Math.Clamp(perSecond * patience.TotalSeconds, _burst, int.MaxValue),

            // One timer of the partitioned limiter fills them all.
            AutoReplenishment = false,
        };
        Func<IPAddress, RateLimiter> make = _ => new TokenBucketRateLimiter(options);
        _limiter = PartitionedRateLimiter.Create<IPAddress, IPAddress>(client => RateLimitPartition.Get(client, make));
    }

    /// <summary>How many requests a connection has counted at a time: those of a millisecond.</summary>
    public long Share => Math.Max(1, _burst / (1000 * BurstSeconds));

    /// <summary>Counts requests.</summary>
    /// <param name="client">The client, as of <see cref="ClientNetwork"/>.</param>
    /// <param name="requests">How many.</param>
    /// <returns>Whether they are within the rate; if not, they are not counted, and <see cref="WaitAsync"/> or <see cref="PayAsync"/> follows.</returns>
    public bool TryTake(IPAddress client, long requests)
    {
        if (requests > _burst)
        {
            return false;
        }

        using RateLimitLease lease = _limiter.AttemptAcquire(client, (int)requests);
        return lease.IsAcquired;
    }

    /// <summary>Counts a <see cref="Share"/> of requests that are to come, and waits until they are within the rate.</summary>
    /// <param name="client">The client.</param>
    /// <returns>Whether the connection goes on; not when it has waited too long, the address owes too much, or the server stops.</returns>
    public async Task<bool> WaitAsync(IPAddress client)
    {
        using CancellationTokenSource limit = NewLimit();
        return await TakeAsync(client, Share, limit.Token);
    }

    /// <summary>Counts requests that have been answered, and waits until they are within the rate.</summary>
    /// <param name="client">The client.</param>
    /// <param name="requests">How many.</param>
    /// <param name="isLast">Whether the connection has ended. What it owes its address still owes: other connections wait for it.</param>
    /// <returns>Whether the connection goes on; not when it has waited too long, the address owes too much, or the server stops.</returns>
    public async Task<bool> PayAsync(IPAddress client, long requests, bool isLast)
    {
        using CancellationTokenSource limit = NewLimit();
        Task<bool> paid = TakeAsync(client, requests, _stop.Token);
        try
        {
            return !isLast && await paid.WaitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Ends all waiting, for ever.</summary>
    public void Stop() => _stop.Cancel();

    /// <inheritdoc/>
    public void Dispose()
    {
        _limiter.Dispose();
        _stop.Dispose();
    }

    private CancellationTokenSource NewLimit()
    {
        CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        limit.CancelAfter(_patience);
        return limit;
    }

    /// <summary>Counts requests as they come within the rate. A read may bring more than may come at once.</summary>
    /// <returns>Whether all are; not when the wait has ended.</returns>
    private async Task<bool> TakeAsync(IPAddress client, long requests, CancellationToken limit)
    {
        try
        {
            for (int taken; requests > 0; requests -= taken)
            {
                taken = (int)Math.Min(requests, _burst);
                using RateLimitLease lease = await _limiter.AcquireAsync(client, taken, limit);
                if (!lease.IsAcquired)
                {
                    return false;
                }
            }

            return true;
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }
    }
}
