using System.Diagnostics.CodeAnalysis;
namespace KvTcp.Redis.Connections;

/// <summary>The connections of a client, one to each node that it has had to do with; made when they are needed. Thread-safe.</summary>
internal sealed class NodeConnections : IAsyncDisposable
{
    /// <summary>For so long no other attempt is made after one that has failed, for <see cref="TryReach"/>.</summary>
    private const long PauseMilliseconds = 200;

    private readonly RedisUrl _url;
    private readonly RedisOptions _options;
    private readonly Lock _lock = new();
    private readonly Dictionary<RedisAddress, RedisConnection> _open = [];
    private readonly Dictionary<RedisAddress, Task<RedisConnection>> _opening = [];
    private readonly Dictionary<RedisAddress, (RedisException Why, long At)> _failures = [];
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

            opening = Open(node);
        }

        return opening.WaitAsync(cancellationToken);
    }

    /// <summary>The same for those who would rather have no connection than wait for a node that has been found unreachable.</summary>
    /// <param name="node">The node.</param>
    /// <param name="reached">The connection, or the first attempt to make one.</param>
    /// <param name="failure">Why there is none: the last attempt has failed. Another one is made now and then.</param>
    /// <returns>Whether there is no failure.</returns>
    public bool TryReach(
        RedisAddress node, [NotNullWhen(true)] out Task<RedisConnection>? reached, [NotNullWhen(false)] out RedisException? failure)
    {
        lock (_lock)
        {
            if (_open.GetValueOrDefault(node) is { IsOpen: true } connection)
            {
                (reached, failure) = (Task.FromResult(connection), null);
                return true;
            }

            bool hasFailed = _failures.TryGetValue(node, out (RedisException Why, long At) last);
            bool isDue = !hasFailed || Environment.TickCount64 - last.At >= PauseMilliseconds;
            Task<RedisConnection>? opening = isDue ? Open(node) : null;
            reached = hasFailed ? null : opening!;
            failure = hasFailed ? last.Why : null;
            return !hasFailed;
        }
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

    private Task<RedisConnection> Open(RedisAddress node)
    {
        if (!_opening.TryGetValue(node, out Task<RedisConnection>? opening))
        {
            opening = Task.Run(() => OpenAsync(node), CancellationToken.None);
            _opening.Add(node, opening);
        }

        return opening;
    }

    private async Task<RedisConnection> OpenAsync(RedisAddress node)
    {
        RedisConnection? opened = null;
        RedisException? failure = null;
        try
        {
            opened = await RedisConnection.OpenAsync(node, _url, _options, _disposed.Token);
            return opened;
        }
        catch (RedisException e)
        {
            failure = e;
            throw;
        }
        finally
        {
            RedisConnection? ended = null;
            lock (_lock)
            {
                _opening.Remove(node);
                if (failure is not null)
                {
                    _failures[node] = (failure, Environment.TickCount64);
                }

                if (opened is not null)
                {
                    _failures.Remove(node);
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
