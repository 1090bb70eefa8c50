using KvTcp.Redis.Cluster;
using KvTcp.Redis.Connections;

namespace KvTcp.Redis;

/// <summary>
/// Reads the values of many keys for those who would rather be told that a key has no answer than wait for it: what a server needs that
/// answers from a Redis, Valkey or Garnet, single or Cluster. Thread-safe.
/// </summary>
/// <remarks>
/// It begins without waiting for the nodes, has one connection to each, and makes them again as they fail. While a node cannot be reached
/// its keys fail at once, and those of others do not wait for it.
/// </remarks>
public sealed class RedisReader : IAsyncDisposable
{
    /// <summary>How often requests are sent: a slot may move while they are under way, and move on.</summary>
    private const int MaxRounds = 4;

    private readonly RedisOptions _options;
    private readonly NodeConnections _nodes;
    private readonly ClusterView _view;
    private readonly HeartBeat _heartBeat;
    private int _turns;

    /// <summary>Begins to connect.</summary>
    /// <param name="url">Which Redis.</param>
    /// <param name="options">Limits; <see cref="RedisOptions.ReplyTimeout"/> is also how long a node may leave a heartbeat unanswered.</param>
    /// <param name="onChange">Is told of each change of what it can say of its health, but for the number of keys; from one thread at a time.</param>
    public RedisReader(RedisUrl url, RedisOptions options, Action<RedisHealth>? onChange = null)
    {
        ArgumentNullException.ThrowIfNull(url);
        ArgumentNullException.ThrowIfNull(options);
        _options = options with { ConfirmsConnections = true };
        _nodes = new NodeConnections(url, _options);
        _view = new ClusterView(url, _nodes);
        _heartBeat = new HeartBeat(_view, _nodes, _options.ReplyTimeout, onChange);
    }

    /// <summary>How the Redis does.</summary>
    public RedisHealth Health => _heartBeat.Health;

    /// <summary>Sends requests, and follows redirections. What keeps one from its reply is told to that one; it is never an exception.</summary>
    /// <param name="requests">The requests, which must only read.</param>
    /// <param name="limit">When the requests that have no reply are given up.</param>
    /// <returns>Whether the requests may be used again; if not, replies to them may still come.</returns>
    public async Task<bool> ReadAsync(KeyedRequests requests, CancellationToken limit)
    {
        ArgumentNullException.ThrowIfNull(requests);
        bool mayHelp = true;
        for (int round = 0; mayHelp && round < MaxRounds && !requests.IsComplete; round++)
        {
            if (_view.Map is not ClusterMap map)
            {
                NoteAll(requests, new RequestTrouble(Health.Trouble ?? "no node has been reached yet", IsLoading: true));
                return true;
            }

            requests.StartRound(map.IsCluster);
            int turn = round == 0 && _options.ReadFrom == ReadFrom.Replica ? Interlocked.Increment(ref _turns) & int.MaxValue : -1;
            bool isBroken = await SendAsync(KeyedExchange.Of(requests, map, turn), limit);
            if (limit.IsCancellationRequested)
            {
                // Late replies may still be noted: nothing of these requests may be touched any more.
                return false;
            }

            bool hasMoved = requests.Moved.Count > 0;
            List<KeyedExchange> asks = KeyedExchange.OfAsks(requests);
            isBroken |= await SendAsync(asks, limit);
            if (limit.IsCancellationRequested)
            {
                return false;
            }

            if (hasMoved)
            {
                _view.Learn(requests.Moved);
            }
            else if (isBroken && turn < 0)
            {
                await _heartBeat.LookAgainAsync(limit);
            }

            mayHelp = hasMoved || isBroken;
        }

        return !limit.IsCancellationRequested;
    }

    /// <summary>Closes all connections; what is under way fails.</summary>
    public async ValueTask DisposeAsync()
    {
        await _heartBeat.DisposeAsync();
        await _nodes.DisposeAsync();
    }

    private static void NoteAll(KeyedRequests requests, RequestTrouble trouble)
    {
        for (int i = 0; i < requests.Count; i++)
        {
            if (!requests.IsAnswered(i))
            {
                requests.Note(i, trouble);
            }
        }
    }

    /// <summary>Sends exchanges, and waits for all of them.</summary>
    /// <returns>Whether another round may do better, since a connection has ended under one of them or a replica cannot be reached.</returns>
    private async Task<bool> SendAsync(List<KeyedExchange> exchanges, CancellationToken limit)
    {
        if (exchanges.Count == 1)
        {
            return await SendAsync(exchanges[0], limit);
        }

        bool isBroken = false;
        foreach (Task<bool> sent in exchanges.ConvertAll(exchange => SendAsync(exchange, limit)))
        {
            isBroken |= await sent;
        }

        return isBroken;
    }

    private async Task<bool> SendAsync(KeyedExchange exchange, CancellationToken limit)
    {
        try
        {
            RedisConnection? connection = _nodes.Find(exchange.Node);
            if (connection is null)
            {
                if (!_nodes.TryReach(exchange.Node, out Task<RedisConnection>? reached, out RedisException? failure))
                {
                    exchange.Miss(Trouble(failure));
                    return exchange.IsOfReplica;
                }

                connection = await reached.WaitAsync(limit);
            }

            if (connection.IsBehind)
            {
                exchange.Miss(new RequestTrouble($"{exchange.Node} does not keep up with the requests", IsLoading: false));
                return exchange.IsOfReplica;
            }

            if (!connection.TrySend(exchange))
            {
                throw new RedisConnectionException($"the connection to {exchange.Node} has ended");
            }

            await exchange.Completion.WaitAsync(limit);
            return exchange.IsOfReplica && exchange.HasTrouble;
        }
        catch (RedisConnectionException e)
        {
            exchange.Miss(Trouble(e));
            return true;
        }
        catch (RedisException e)
        {
            exchange.Revoke(Trouble(e));
            return true;
        }
        catch (OperationCanceledException)
        {
            exchange.GiveUp();
            exchange.Miss(new RequestTrouble($"{exchange.Node} has not answered in time", IsLoading: false));
            return false;
        }
    }

    private static RequestTrouble Trouble(RedisException exception) =>
        new(exception.Message, exception is RedisConnectionException { IsLoading: true });
}
