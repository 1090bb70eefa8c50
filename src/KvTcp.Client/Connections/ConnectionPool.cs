using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace KvTcp.Client;

/// <summary>
/// All connections of a client: gives each request to one of them, and again to one when that ends before the reply. Thread-safe.
/// </summary>
internal sealed class ConnectionPool : IAsyncDisposable
{
    private readonly KvClientOptions _options;
    private readonly ConnectionSlot[] _slots;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private readonly Timer _deadlines;
    private int _next = -1;
    private int _isDisposed;

    /// <summary>Starts to connect.</summary>
    /// <param name="options">The options, valid ones.</param>
    /// <param name="logger">Hears what happens to connections.</param>
    public ConnectionPool(KvClientOptions options, ILogger logger)
    {
        _options = options;
        bool isSpread = options.Policy == KvServerPolicy.Spread;
        IEnumerable<IReadOnlyList<KvServerAddress>> choices = isSpread ? options.Servers.Select(static server => new[] { server }) : [options.Servers];
        _slots =
        [
            .. from servers in choices
               from _ in Enumerable.Range(0, options.ConnectionsPerServer)
               select new ConnectionSlot(servers, options, logger, OnLost),
        ];
        _running = Task.WhenAll(_slots.Select(slot => Task.Run(() => slot.RunAsync(_stopping.Token))));
        TimeSpan interval = LookInterval(options);
        _deadlines = new Timer(static pool => ((ConnectionPool)pool!).LookAtDeadlines(), this, interval, interval);
    }

    /// <summary>The places of the connections.</summary>
    public IReadOnlyList<ConnectionSlot> Slots => _slots;

    /// <summary>Whether the client is disposed.</summary>
    public bool IsDisposed => Volatile.Read(ref _isDisposed) != 0;

    /// <summary>Waits for the first connection.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="KvException">No slot has got a connection with its first attempt.</exception>
    public async Task WaitForConnectionAsync(CancellationToken cancellationToken)
    {
        List<Task<Exception?>> attempts = [.. _slots.Select(static slot => slot.FirstAttempt)];
        Exception? first = null;
        while (attempts.Count > 0)
        {
            Task<Exception?> attempt = await Task.WhenAny(attempts).WaitAsync(cancellationToken).ConfigureAwait(false);
            attempts.Remove(attempt);
            Exception? failure = await attempt.ConfigureAwait(false);
            if (failure is null)
            {
                return;
            }

            first ??= failure;
        }

        throw first!;
    }

    /// <summary>Sends a request, now or when a connection stands; or fails it.</summary>
    /// <param name="request">A started request.</param>
    /// <returns>The server of the connection that took it, if one did.</returns>
    public KvServerAddress? Send(PendingRequest request)
    {
        if (TrySend(request, mayWait: false, out ConnectionSlot? slot) || TrySend(request, mayWait: true, out slot))
        {
            return slot.Connection?.Server;
        }

        request.TryFail(Unreachable());
        return null;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            await _stopping.CancelAsync().ConfigureAwait(false);
            await _deadlines.DisposeAsync().ConfigureAwait(false);
        }

        await _running.ConfigureAwait(false);
    }

    private static TimeSpan LookInterval(KvClientOptions options)
    {
        TimeSpan shortest = new[] { options.StallTimeout, options.RequestTimeout, options.KeepAliveInterval }
            .Where(static time => time != Timeout.InfiniteTimeSpan).Min();
        return TimeSpan.FromMilliseconds(Math.Clamp(shortest.TotalMilliseconds / 10, 1, 1000));
    }

    private bool TrySend(PendingRequest request, bool mayWait, [NotNullWhen(true)] out ConnectionSlot? taker)
    {
        int start = _slots.Length == 1 ? 0 : (int)((uint)Interlocked.Increment(ref _next) % (uint)_slots.Length);
        for (int i = 0; i < _slots.Length; i++)
        {
            taker = _slots[(start + i) % _slots.Length];
            if (taker.TrySend(request, mayWait))
            {
                return true;
            }
        }

        taker = null;
        return false;
    }

    private void OnLost(PendingRequest request, Exception reason)
    {
        if (!request.IsWaiting)
        {
            return;
        }

        if (reason is ObjectDisposedException || request.Attempts >= _options.MaxAttempts)
        {
            request.TryFail(CopyOf(reason));
            return;
        }

        Send(request);
    }

    private Exception Unreachable()
    {
        if (IsDisposed)
        {
            return new ObjectDisposedException(nameof(KvClient));
        }

        return CopyOf(_slots.Select(static slot => slot.LastFailure).FirstOrDefault(static failure => failure is not null)
            ?? new KvConnectionException("there is no connection"));
    }

    /// <summary>An exception for one caller: each collects the stack of the one that it is thrown to.</summary>
    private static Exception CopyOf(Exception reason) => reason switch
    {
        ObjectDisposedException e => new ObjectDisposedException(e.ObjectName),
        KvServerException e => new KvServerException(e.Code, e.Message, e),
        _ => new KvConnectionException(reason.Message, reason),
    };

    private void LookAtDeadlines()
    {
        long now = Environment.TickCount64;
        foreach (ConnectionSlot slot in _slots)
        {
            slot.LookAtDeadlines(now);
        }
    }
}
