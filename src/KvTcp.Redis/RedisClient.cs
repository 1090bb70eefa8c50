using System.Diagnostics;
using KvTcp.Redis.Cluster;
using KvTcp.Redis.Connections;

namespace KvTcp.Redis;

/// <summary>
/// A client of one Redis, Valkey or Garnet, single or Cluster, for requests about many keys at once: each node gets those about its keys in
/// one piece. Thread-safe.
/// </summary>
/// <remarks>
/// It has one connection to each node, and sends on without waiting for replies; how much is under way at once is the caller's to bound.
/// Requests are sent again when a connection ends before their replies have come, so they must be such that this does no harm.
/// </remarks>
public sealed class RedisClient : IAsyncDisposable
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly RedisOptions _options;
    private readonly NodeConnections _nodes;
    private readonly ClusterView _view;
    private readonly ClusterMap _first;

    private RedisClient(RedisOptions options, NodeConnections nodes, ClusterView view, ClusterMap first)
    {
        _options = options;
        _nodes = nodes;
        _view = view;
        _first = first;
    }

    /// <summary>Whether it is a Cluster.</summary>
    public bool IsCluster => Map.IsCluster;

    /// <summary>The nodes that hold the keys, as far as is known.</summary>
    public IReadOnlyList<RedisAddress> Masters => Map.Masters;

    private ClusterMap Map => _view.Map!;

    /// <summary>Connects to the first address of the URL that can be reached, and finds out which nodes there are.</summary>
    /// <param name="url">Which Redis.</param>
    /// <param name="options">Limits.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RedisConnectionException">No address can be reached.</exception>
    /// <exception cref="RedisException">The password is wrong, the database does not exist, or what answers is no Redis.</exception>
    public static async Task<RedisClient> ConnectAsync(RedisUrl url, RedisOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(url);
        ArgumentNullException.ThrowIfNull(options);
        NodeConnections nodes = new(url, options);
        try
        {
            ClusterView view = new(url, nodes);
            return new RedisClient(options, nodes, view, await view.DiscoverAsync(cancellationToken));
        }
        catch
        {
            await nodes.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends requests, follows redirections, and sends again what has got no reply.</summary>
    /// <param name="requests">The requests.</param>
    /// <param name="cancellationToken">Gives up; some requests may have taken effect.</param>
    /// <exception cref="RedisConnectionException">Some have got no reply within <see cref="RedisOptions.RetryFor"/>.</exception>
    /// <exception cref="RedisException">A node refuses a request, or has answered what it may not.</exception>
    public async Task ExecuteAsync(KeyedRequests requests, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        long started = Stopwatch.GetTimestamp();
        bool mayFollow = true;
        for (TimeSpan pause = ShortestPause; !await TryRoundAsync(requests, mayConnect: true, cancellationToken); pause = Shorter(2 * pause, LongestPause))
        {
            TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
            if (elapsed > _options.RetryFor)
            {
                throw new RedisConnectionException($"{requests.Trouble}; given up after {elapsed.TotalSeconds:0} s");
            }

            if (requests.KeepsOrder)
            {
                requests.ForgetReplies();
            }

            // A slot that has moved is known by now. Only once: nodes that do not agree may send a request to and fro.
            bool follows = mayFollow && requests.Moved.Count > 0;
            mayFollow &= !follows;
            if (!follows)
            {
                await Task.Delay(pause, cancellationToken);
                await RefreshAsync(cancellationToken);
            }
        }
    }

    /// <summary>
    /// Sends requests once, over the connections that there are. They go out before this returns, so what is sent after it arrives after
    /// it where a key is the same.
    /// </summary>
    /// <param name="requests">The requests.</param>
    /// <returns>Whether all have their replies.</returns>
    /// <exception cref="RedisException">A node refuses a request, or has answered what it may not.</exception>
    public Task<bool> TryExecuteAsync(KeyedRequests requests)
    {
        ArgumentNullException.ThrowIfNull(requests);
        return TryRoundAsync(requests, mayConnect: false, CancellationToken.None);
    }

    /// <summary>How many keys a node has, of any type.</summary>
    /// <param name="node">One of <see cref="Masters"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RedisConnectionException">It cannot be reached.</exception>
    /// <exception cref="RedisException">It refuses.</exception>
    public async Task<long> CountKeysAsync(RedisAddress node, CancellationToken cancellationToken = default) =>
        (await AskAsync(node, cancellationToken, "DBSIZE")).Number;

    /// <summary>Reads some keys of a node.</summary>
    /// <param name="node">One of <see cref="Masters"/>.</param>
    /// <param name="cursor">Where to go on: <c>0</c> at first, then <see cref="KeyPage.Cursor"/>.</param>
    /// <param name="count">About how many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RedisConnectionException">It cannot be reached.</exception>
    /// <exception cref="RedisException">It refuses.</exception>
    public async Task<KeyPage> ScanAsync(RedisAddress node, string cursor, int count, CancellationToken cancellationToken = default) =>
        KeyPage.Of(await AskAsync(node, cancellationToken, "SCAN", cursor, "COUNT", $"{count}"))
            ?? throw new RedisException($"{node} has answered SCAN with what is no page of keys");

    /// <summary>Asks the Cluster again which master has which slots.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether every slot is where it was when this client connected.</returns>
    /// <exception cref="RedisConnectionException">No node can be reached.</exception>
    /// <exception cref="RedisException">Nodes refuse.</exception>
    public async Task<bool> ConfirmSlotsAsync(CancellationToken cancellationToken = default) =>
        (await _view.DiscoverAsync(cancellationToken)).HasSameSlots(_first);

    /// <summary>Closes all connections; what is under way fails.</summary>
    public ValueTask DisposeAsync() => _nodes.DisposeAsync();

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private async Task<RedisReply> AskAsync(RedisAddress node, CancellationToken cancellationToken, params string[] arguments)
    {
        RedisConnection connection = await _nodes.GetAsync(node, cancellationToken);
        RedisReply reply = await connection.AskAsync(arguments).WaitAsync(cancellationToken);
        return reply.IsError ? throw new RedisException($"{node} refuses {arguments[0]}: {reply.Text}") : reply;
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ConfirmSlotsAsync(cancellationToken);
        }
        catch (RedisConnectionException)
        {
            // No node answers: whoever waits for replies goes on with what is known, until the time is up.
        }
    }

    /// <summary>Sends the requests that have no reply, each to the node that is known to have its key.</summary>
    private async Task<bool> TryRoundAsync(KeyedRequests requests, bool mayConnect, CancellationToken cancellationToken)
    {
        ClusterMap map = Map;
        requests.StartRound(map.IsCluster);
        await SendAsync(KeyedExchange.Of(requests, map), mayConnect, cancellationToken);
        await SendAsync(KeyedExchange.OfAsks(requests), mayConnect, cancellationToken);

        if (requests.Moved.Count > 0)
        {
            _view.Learn(requests.Moved);
        }

        return requests.Refusal is string refusal ? throw new RedisException(refusal) : requests.IsComplete;
    }

    /// <summary>Sends exchanges, and waits for all of them, whatever becomes of each.</summary>
    private async Task SendAsync(List<KeyedExchange> exchanges, bool mayConnect, CancellationToken cancellationToken)
    {
        (KeyedExchange, Task)[] sent = [.. exchanges.Select(exchange => (exchange, SendAsync(exchange, mayConnect, cancellationToken)))];
        RedisException? final = null;
        foreach ((KeyedExchange exchange, Task task) in sent)
        {
            try
            {
                await task;
            }
            catch (RedisConnectionException e)
            {
                exchange.Miss(new RequestTrouble(e.Message, e.IsLoading));
            }
            catch (RedisException e)
            {
                final = e;
            }
        }

        if (final is not null)
        {
            throw final;
        }
    }

    private async Task SendAsync(KeyedExchange exchange, bool mayConnect, CancellationToken cancellationToken)
    {
        RedisConnection? connection = _nodes.Find(exchange.Node);
        if (connection is null && mayConnect)
        {
            connection = await _nodes.GetAsync(exchange.Node, cancellationToken);
        }

        if (connection is null || !connection.TrySend(exchange))
        {
            throw new RedisConnectionException($"there is no connection to {exchange.Node}");
        }

        await exchange.Completion.WaitAsync(cancellationToken);
    }
}
