using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace KvTcp.Client;

/// <summary>
/// The place of one connection: makes it, and makes it again whenever it has ended, until the client is disposed. Thread-safe.
/// </summary>
internal sealed class ConnectionSlot
{
    private readonly Lock _gate = new();
    private readonly Queue<PendingRequest> _waiting = new();
    private readonly TaskCompletionSource<Exception?> _firstAttempt = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IReadOnlyList<KvServerAddress> _servers;
    private readonly KvClientOptions _options;
    private readonly ILogger _logger;
    private readonly Connector _connector;
    private readonly Action<PendingRequest, Exception> _onLost;
    private Connection? _connection;
    private SlotState _state;
    private int _firstServer;
    private int _failures;

    /// <summary>Prepares.</summary>
    /// <param name="servers">The servers to try, in their order.</param>
    /// <param name="options">The delays.</param>
    /// <param name="logger">Hears what happens to connections.</param>
    /// <param name="onLost">Receives each request that has lost its connection, with the reason.</param>
    public ConnectionSlot(
        IReadOnlyList<KvServerAddress> servers, KvClientOptions options, ILogger logger, Action<PendingRequest, Exception> onLost)
    {
        _servers = servers;
        _options = options;
        _logger = logger;
        _onLost = onLost;
        _connector = new Connector(options);
    }

    /// <summary>Counts replies.</summary>
    public ReplyCounters Counters { get; } = new();

    /// <summary>Completes with the first attempt to connect: with null, or with why it failed.</summary>
    public Task<Exception?> FirstAttempt => _firstAttempt.Task;

    /// <summary>The connection, if one stands.</summary>
    public Connection? Connection => Volatile.Read(ref _connection);

    /// <summary>Why the last attempt to connect failed, or the last connection ended.</summary>
    public Exception? LastFailure { get; private set; }

    /// <summary>Connections made since the client was.</summary>
    public long Connects { get; private set; }

    /// <summary>Attempts that failed since the client was made.</summary>
    public long FailedConnects { get; private set; }

    /// <summary>Takes a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="mayWait">Whether it may wait for a connection that is being made.</param>
    /// <returns>False when it is not taken.</returns>
    public bool TrySend(PendingRequest request, bool mayWait)
    {
        if (Connection is { } connection && connection.TrySend(request))
        {
            return true;
        }

        if (!mayWait)
        {
            return false;
        }

        lock (_gate)
        {
            // A connection may have been made since, or may have ended and not be taken away yet.
            if (_connection?.TrySend(request) == true)
            {
                return true;
            }

            if (_state is SlotState.Failed or SlotState.Closed)
            {
                return false;
            }

            _waiting.Enqueue(request);
            return true;
        }
    }

    /// <summary>Gives up requests whose time is over, and a connection whose server is silent.</summary>
    /// <param name="now">The time, as <see cref="Environment.TickCount64"/> tells it.</param>
    public void LookAtDeadlines(long now)
    {
        Connection?.LookAtDeadlines(now);
        lock (_gate)
        {
            foreach (PendingRequest request in _waiting)
            {
                request.GiveUpIfLate(now);
            }
        }
    }

    /// <summary>Connects, and connects again, until the token is cancelled.</summary>
    /// <param name="stopping">Ends the connection, and this.</param>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (await TryConnectAsync(stopping).ConfigureAwait(false) is { } connection)
                {
                    await HoldAsync(connection, stopping).ConfigureAwait(false);
                }

                await Task.Delay(Backoff.Delay(_options, _failures, Random.Shared.NextDouble()), stopping).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        Leave(SlotState.Closed, new ObjectDisposedException(nameof(KvClient)));
    }

    /// <summary>Tries every server once.</summary>
    private async Task<Connection?> TryConnectAsync(CancellationToken stopping)
    {
        Exception? failure = null;
        for (int i = 0; i < _servers.Count; i++)
        {
            KvServerAddress server = _servers[(_firstServer + i) % _servers.Count];
            try
            {
                return await _connector.ConnectAsync(server, Counters, stopping).ConfigureAwait(false);
            }
            catch (KvException e)
            {
                FailedConnects++;
                failure ??= e;
                ClientLog.CannotConnect(_logger, e.Message);
            }
        }

        Debug.Assert(failure is not null);
        _firstServer = 0;
        _failures++;
        Leave(SlotState.Failed, failure);
        return null;
    }

    /// <summary>Uses a connection to its end.</summary>
    private async Task HoldAsync(Connection connection, CancellationToken stopping)
    {
        using CancellationTokenRegistration stop = stopping.UnsafeRegister(
            static connection => ((Connection)connection!).Abort(new ObjectDisposedException(nameof(KvClient))), connection);
        Task<(Exception Reason, IReadOnlyList<PendingRequest> Left)> run = connection.RunAsync();
        Enter(connection);
        (Exception reason, IReadOnlyList<PendingRequest> left) = await run.ConfigureAwait(false);
        if (stopping.IsCancellationRequested)
        {
            Leave(SlotState.Closed, reason);
        }
        else
        {
            ClientLog.Lost(_logger, reason.Message);
            _firstServer = connection.IsUseless ? (IndexOf(connection.Server) + 1) % _servers.Count : 0;
            _failures = connection.IsUseless ? _failures + 1 : 0;

            // Requests wait until every server has had its turn.
            Leave(_failures < _servers.Count ? SlotState.Connecting : SlotState.Failed, reason);
        }

        foreach (PendingRequest request in left)
        {
            _onLost(request, reason);
        }
    }

    private int IndexOf(KvServerAddress server)
    {
        int index = 0;
        while (!ReferenceEquals(_servers[index], server))
        {
            index++;
        }

        return index;
    }

    private void Enter(Connection connection)
    {
        lock (_gate)
        {
            Connects++;
            _state = SlotState.Connected;
            Volatile.Write(ref _connection, connection);
            while (_waiting.TryPeek(out PendingRequest? request) && connection.TrySend(request))
            {
                _waiting.Dequeue();
            }
        }

        ClientLog.Connected(_logger, connection.Server);
        _firstAttempt.TrySetResult(null);
    }

    private void Leave(SlotState state, Exception reason)
    {
        PendingRequest[] left = [];
        lock (_gate)
        {
            LastFailure = reason;
            _state = state;
            Volatile.Write(ref _connection, null);
            if (state is SlotState.Failed or SlotState.Closed)
            {
                left = [.. _waiting];
                _waiting.Clear();
            }
        }

        _firstAttempt.TrySetResult(reason);
        foreach (PendingRequest request in left)
        {
            _onLost(request, reason);
        }
    }
}
