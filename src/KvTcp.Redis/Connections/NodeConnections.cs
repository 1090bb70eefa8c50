namespace KvTcp.Redis.Connections;

/// <summary>The connections of a client, one to each node that it has had to do with; made when they are needed. Thread-safe.</summary>
internal sealed class NodeConnections : IAsyncDisposable
{
    private readonly RedisUrl _url;
    private readonly RedisOptions _options;
    private readonly Lock _lock = new();
    private readonly Dictionary<RedisAddress, RedisConnection> _open = [];
    private readonly Dictionary<RedisAddress, Task<RedisConnection>> _opening = [];
    private readonly CancellationTokenSource _disposed = new();

    /// <summary>Makes no connection yet.</summary>
    /// <param name="url">How to connect.</param>
    /// <param name="options">Time limits.</param>
    public NodeConnections(RedisUrl url, RedisOptions options)
    {
        _url = url;
        _options = options;
    }

    /// <summary>The connection to a node, if there is one that can be used.</summary>
    /// <param name="node">The node.</param>
    public RedisConnection? Find(RedisAddress node)
    {
        lock (_lock)
        {
            return _open.GetValueOrDefault(node) is { IsOpen: true } connection ? connection : null;
        }
    }

    /// <summary>The connection to a node, made if need be; those who ask at once share one attempt.</summary>
    /// <param name="node">The node.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="RedisConnectionException">The node cannot be reached.</exception>
    /// <exception cref="RedisException">It refuses the password or the database, or cannot be trusted.</exception>
    public Task<RedisConnection> GetAsync(RedisAddress node, CancellationToken cancellationToken)
    {
        Task<RedisConnection> opening;
        lock (_lock)
        {
            if (_open.GetValueOrDefault(node) is { IsOpen: true } connection)
            {
                return Task.FromResult(connection);
            }

            if (!_opening.TryGetValue(node, out opening!))
            {
                opening = Task.Run(() => OpenAsync(node), CancellationToken.None);
                _opening.Add(node, opening);
            }
        }

        return opening.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _disposed.CancelAsync();
        Task<RedisConnection>[] opening;
        lock (_lock)
        {
            opening = [.. _opening.Values];
        }

        // Whether they succeed or not, none is left under way.
        await Task.WhenAll(opening).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        foreach (RedisConnection connection in _open.Values)
        {
            await connection.DisposeAsync();
        }

        _disposed.Dispose();
    }

    private async Task<RedisConnection> OpenAsync(RedisAddress node)
    {
        RedisConnection? opened = null;
        try
        {
            opened = await RedisConnection.OpenAsync(node, _url, _options, _disposed.Token);
            return opened;
        }
        finally
        {
            RedisConnection? ended = null;
            lock (_lock)
            {
                _opening.Remove(node);
                if (opened is not null)
                {
                    _open.Remove(node, out ended);
                    _open.Add(node, opened);
                }
            }

            if (ended is not null)
            {
                await ended.DisposeAsync();
            }
        }
    }
}
