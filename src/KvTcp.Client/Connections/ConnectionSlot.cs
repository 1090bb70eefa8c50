using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace KvTcp.Client;

/// <summary>
/// The place of one connection: makes it, and makes it again whenever it has ended, until the client is disposed. Thread-safe.
/// </summary>
internal sealed class ConnectionSlot
{
    /// <summary>A connection that ends sooner, without a reply, makes the next wait longer, lest client and server do nothing else.</summary>
    private static readonly TimeSpan ShortLife = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource<Exception?> _firstAttempt = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IReadOnlyList<KvServerAddress> _servers;
    private readonly KvClientOptions _options;
    private readonly ILogger _logger;
    private readonly Connector _connector;
    private readonly ConnectionPool _pool;
    private Connection? _connection;
    private volatile SlotState _state;
    private int _firstServer;
    private int _failures;
    private int _useless;

    /// <summary>Prepares.</summary>
    /// <param name="servers">The servers to try, in their order.</param>
    /// <param name="options">The delays.</param>
    /// <param name="logger">Hears what happens to connections.</param>
    /// <param name="pool">Receives each request that has lost its connection, and hears when there may be one for those that wait.</param>
    public ConnectionSlot(IReadOnlyList<KvServerAddress> servers, KvClientOptions options, ILogger logger, ConnectionPool pool)
    {
        _servers = servers;
        _options = options;
        _logger = logger;
        _pool = pool;
        _connector = new Connector(options);
    }

    /// <summary>Counts replies.</summary>
    public ReplyCounters Counters { get; } = new();

    /// <summary>Completes with the first attempt to connect: with null, or with why it failed.</summary>
    public Task<Exception?> FirstAttempt => _firstAttempt.Task;

    /// <summary>The connection, if one stands.</summary>
    public Connection? Connection => Volatile.Read(ref _connection);

    /// <summary>Whether requests may wait for this slot's connection.</summary>
    public bool IsHopeful => _state is SlotState.Connecting or SlotState.Connected;

    /// <summary>Why the last attempt to connect failed, or the last connection ended.</summary>
    public Exception? LastFailure { get; private set; }

    /// <summary>Connections made since the client was.</summary>
    public long Connects { get; private set; }

    /// <summary>Attempts that failed since the client was made.</summary>
    public long FailedConnects { get; private set; }

    /// <summary>Connects, and connects again, until the token is cancelled.</summary>
    /// <param name="stopping">Ends the connection, and this.</param>
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            while (!stopping.IsCancellationRequested)
            {
                await ConnectAndHoldAsync(stopping).ConfigureAwait(false);
                await Task.Delay(Backoff.Delay(_options, _failures, Random.Shared.NextDouble()), stopping).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // This is how it ends.
        }
        finally
        {
            Leave(SlotState.Closed, new ObjectDisposedException(nameof(KvClient)));
        }
    }

    private async Task ConnectAndHoldAsync(CancellationToken stopping)
    {
        try
        {
            if (await TryConnectAsync(stopping).ConfigureAwait(false) is { } connection)
            {
                await HoldAsync(connection, stopping).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (!stopping.IsCancellationRequested || e is not OperationCanceledException)
        {
            // Whatever it is, such as a logger that throws, it must not leave the client without this connection for ever.
            _failures++;
            Leave(SlotState.Failed, e);
        }
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
        _useless = 0;
        Leave(SlotState.Failed, failure);
        return null;
    }

    /// <summary>Uses a connection to its end.</summary>
    private async Task HoldAsync(Connection connection, CancellationToken stopping)
    {
        long start = Stopwatch.GetTimestamp();
        using CancellationTokenRegistration stop = stopping.UnsafeRegister(
            static connection => ((Connection)connection!).Abort(new ObjectDisposedException(nameof(KvClient))), connection);
        Task<ConnectionLoss> run = connection.RunAsync();
        try
        {
            Enter(connection);
        }
#pragma warning disable CA1031 // Whatever it is, it ends the connection, and those who wait for replies hear of it.
        catch (Exception e)
        {
            connection.Abort(e);
        }
#pragma warning restore CA1031

        ConnectionLoss loss = await run.ConfigureAwait(false);
        bool isShort = !connection.HasAnswered && Stopwatch.GetElapsedTime(start) < ShortLife;
        _firstServer = loss.IsUseless ? (IndexOf(connection.Server) + 1) % _servers.Count : 0;
        _failures = loss.IsUseless || isShort ? _failures + 1 : 0;
        _useless = loss.IsUseless ? _useless + 1 : 0;
        Leave(stopping.IsCancellationRequested ? SlotState.Closed : StateAfterLoss(), loss.Reason);
        foreach (PendingRequest request in loss.Left)
        {
            _pool.OnLost(request, connection, loss.Reason);
        }

        foreach (PendingRequest request in loss.Unsent)
        {
            _pool.Send(request);
        }

        if (!stopping.IsCancellationRequested)
        {
            ClientLog.Lost(_logger, loss.Reason.Message);
        }
    }

    /// <summary>Requests wait until every server has had its turn, and every request its attempts.</summary>
    private SlotState StateAfterLoss() =>
        _useless < Math.Max(2, Math.Max(_servers.Count, _options.MaxAttempts)) ? SlotState.Connecting : SlotState.Failed;

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
        connection.Number = _pool.NextConnectionNumber();
        Connects++;
        Volatile.Write(ref _connection, connection);
        _state = SlotState.Connected;
        _pool.ServeWaiting();
        ClientLog.Connected(_logger, connection.Server);
        _firstAttempt.TrySetResult(null);
    }

    private void Leave(SlotState state, Exception reason)
    {
        LastFailure = reason;
        Volatile.Write(ref _connection, null);
        _state = state;
        _firstAttempt.TrySetResult(reason);
        _pool.ServeWaiting();
    }
}
