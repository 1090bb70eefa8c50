using Microsoft.Extensions.Logging;

namespace KvTcp.Client;

/// <summary>
/// All connections of a client: gives each request to one of them, and again to one when that ends before the reply. Requests wait here
/// while there is no connection but one is being made. Thread-safe.
/// </summary>
internal sealed class ConnectionPool : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Queue<PendingRequest> _waiting = new();
    private readonly KvClientOptions _options;
    private readonly ConnectionSlot[] _slots;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private readonly Timer _deadlines;
    private readonly Lock _looking = new();
    private long _lastLook = Environment.TickCount64;
    private long _made;
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
               select new ConnectionSlot(servers, options, logger, this),
        ];
        TimeSpan interval = LookInterval(options);

        // What the client's maker has in its context, such as an activity, is not the connections' business, and would live as long as they.
        using AsyncFlowControl? flow = ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow();
        _running = Task.WhenAll(_slots.Select(slot => Task.Run(() => slot.RunAsync(_stopping.Token))));
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
        int start = NextSlot();
        if (TrySend(request, start) is { } server)
        {
            return server;
        }

        lock (_gate)
        {
            // A connection may have been made since.
            server = TrySend(request, start);
            if (server is not null)
            {
                return server;
            }

            if (_slots.Any(static slot => slot.IsHopeful))
            {
                _waiting.Enqueue(request);
                return null;
            }
        }

        request.TryFail(Unreachable());
        return null;
    }

    /// <summary>
    /// Sends the requests that wait, if there is a connection, or fails them, if none is being made. Every slot calls it after each
    /// change, so no request waits in vain.
    /// </summary>
    public void ServeWaiting()
    {
        PendingRequest[] failed = [];
        lock (_gate)
        {
            while (_waiting.TryPeek(out PendingRequest? request) && TrySend(request, NextSlot()) is not null)
            {
                _waiting.Dequeue();
            }

            if (_waiting.Count > 0 && !_slots.Any(static slot => slot.IsHopeful))
            {
                failed = [.. _waiting];
                _waiting.Clear();
            }
        }

        foreach (PendingRequest request in failed)
        {
            request.TryFail(Unreachable());
        }
    }

    /// <summary>Counts a connection.</summary>
    public long NextConnectionNumber() => Interlocked.Increment(ref _made);

    /// <summary>Sends a request again that was sent and has lost its connection; or fails it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="reason">Why that ended.</param>
    public void OnLost(PendingRequest request, Connection connection, Exception reason)
    {
        if (!request.IsWaiting)
        {
            return;
        }

        if (connection.Number <= request.LostAt)
        {
            // The connections of a server end together, but one after the other. All that stood at the first loss are one attempt.
            request.ForgetAttempt();
        }
        else
        {
            request.LostAt = Volatile.Read(ref _made);
        }

        if (!IsDisposed && request.Attempts >= _options.MaxAttempts)
        {
            request.TryFail(CopyOf(reason));
            return;
        }

        Send(request);
    }

    /// <summary>Closes the connections, without waiting for the end of what they do. May be called more than once.</summary>
    public void Stop()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            _stopping.Cancel();
            _deadlines.Dispose();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Stop();
        await _running.ConfigureAwait(false);
    }

    private static TimeSpan LookInterval(KvClientOptions options)
    {
        TimeSpan shortest = new[] { options.StallTimeout, options.RequestTimeout, options.KeepAliveInterval }
            .Where(static time => time != Timeout.InfiniteTimeSpan).Min();
        return TimeSpan.FromMilliseconds(Math.Clamp(shortest.TotalMilliseconds / 10, 1, 1000));
    }

    private int NextSlot() => _slots.Length == 1 ? 0 : (int)((uint)Interlocked.Increment(ref _next) % (uint)_slots.Length);

    /// <returns>The server of the connection that has taken the request, if one has.</returns>
    private KvServerAddress? TrySend(PendingRequest request, int start)
    {
        for (int i = 0; i < _slots.Length; i++)
        {
            if (_slots[(start + i) % _slots.Length].Connection is { } connection && connection.TrySend(request))
            {
                return connection.Server;
            }
        }

        return null;
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
        KvServerException e => new KvServerException(e.Code, e.Message, e),
        _ => new KvConnectionException(reason.Message, reason),
    };

    private void LookAtDeadlines()
    {
        if (!_looking.TryEnter())
        {
            // The timer does not wait for the last look to end.
            return;
        }

        try
        {
            LookAtDeadlines(Environment.TickCount64);
        }
        finally
        {
            _looking.Exit();
        }
    }

    private void LookAtDeadlines(long now)
    {
        long sinceLast = now - _lastLook;
        _lastLook = now;
        if (sinceLast >= _options.StallTimeout.TotalMilliseconds / 2)
        {
            // The process was stopped. Replies that have arrived meanwhile are still to be read, so nobody has been silent.
            return;
        }

        foreach (ConnectionSlot slot in _slots)
        {
            slot.Connection?.LookAtDeadlines(now);
        }

        lock (_gate)
        {
            for (int left = _waiting.Count; left > 0; left--)
            {
                PendingRequest request = _waiting.Dequeue();
                request.GiveUpIfLate(now);
                if (request.IsWaiting)
                {
                    _waiting.Enqueue(request);
                }
            }
        }
    }
}
