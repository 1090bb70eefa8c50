using System.Diagnostics;
using KvTcp.Redis.Cluster;
using KvTcp.Redis.Connections;

namespace KvTcp.Redis;

/// <summary>
/// Asks each master now and then how many keys it has, which also tells whether it answers, and keeps the map of the slots up to date. Thread-safe.
/// </summary>
internal sealed class HeartBeat : IAsyncDisposable
{
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Troubled = TimeSpan.FromMilliseconds(200);

    /// <summary>How long the map is believed without being asked for.</summary>
    private static readonly TimeSpan MapAge = TimeSpan.FromSeconds(30);

    private readonly ClusterView _view;
    private readonly NodeConnections _nodes;
    private readonly TimeSpan _patience;
    private readonly Action<RedisHealth>? _onChange;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly Task _beating;
    private RedisHealth _health = new() { Trouble = "no node has been reached yet" };
    private Task _discovery = Task.CompletedTask;
    private long _discovered;

    /// <summary>Begins.</summary>
    /// <param name="view">What is known of the slots.</param>
    /// <param name="nodes">The connections.</param>
    /// <param name="patience">How long a node may take to answer.</param>
    /// <param name="onChange">Is told of changes.</param>
    public HeartBeat(ClusterView view, NodeConnections nodes, TimeSpan patience, Action<RedisHealth>? onChange)
    {
        _view = view;
        _nodes = nodes;
        _patience = patience;
        _onChange = onChange;
        _beating = Task.Run(BeatAsync);
    }

    /// <summary>What the last beat has shown.</summary>
    public RedisHealth Health => Volatile.Read(ref _health);

    /// <summary>Asks for the map of the slots, since a node has failed; those who ask at once, or one after the other, share one answer.</summary>
    /// <param name="limit">Gives up waiting.</param>
    public Task LookAgainAsync(CancellationToken limit)
    {
        lock (_lock)
        {
            if (_discovery.IsCompleted && Stopwatch.GetElapsedTime(_discovered) > Troubled)
            {
                _discovered = Stopwatch.GetTimestamp();
                _discovery = Task.Run(DiscoverAsync);
            }

            return _discovery.WaitAsync(limit).ContinueWith(
                static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _beating;
        await _discovery;
        _stop.Dispose();
    }

    private async Task BeatAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            RedisHealth last = Health;
            RedisHealth now = await LookAnywayAsync(last);
            Volatile.Write(ref _health, now);
            if (last.IsReady != now.IsReady || !string.Equals(last.Trouble, now.Trouble, StringComparison.Ordinal))
            {
                _onChange?.Invoke(now);
            }

            await Task.Delay(now.IsReady ? Calm : Troubled, _stop.Token).ContinueWith(
                static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    /// <summary>A beat must not be the last one, whatever goes wrong in it.</summary>
    private async Task<RedisHealth> LookAnywayAsync(RedisHealth last)
    {
        try
        {
            return await LookAsync(last);
        }
        catch (Exception e)
        {
            return last with { Trouble = $"the engine cannot be looked after: {e.GetType().Name}: {e.Message}" };
        }
    }

    private async Task<RedisHealth> LookAsync(RedisHealth last)
    {
        string? trouble = null;
        if (_view.Map is null || !last.IsReady || Stopwatch.GetElapsedTime(_discovered) > MapAge)
        {
            _discovered = Stopwatch.GetTimestamp();
            trouble = await DiscoverAsync();
        }

        if (_view.Map is not ClusterMap map)
        {
            return last with { Trouble = trouble };
        }

        (long Keys, string? Trouble)[] nodes = await Task.WhenAll(map.Serving.Select(CountAsync));
        return new RedisHealth
        {
            IsReached = true,
            Masters = map.Serving,
            Keys = nodes.Sum(static node => node.Keys),
            Trouble = nodes.Select(static node => node.Trouble).FirstOrDefault(static trouble => trouble is not null)
                ?? (map.HasAllSlots ? null : "no node has some of the slots"),
        };
    }

    private async Task<string?> DiscoverAsync()
    {
        try
        {
            await _view.DiscoverAsync(_stop.Token);
            return null;
        }
        catch (RedisException e)
        {
            return e.Message;
        }
        catch (OperationCanceledException)
        {
            return "the server is stopping";
        }
    }

    private async Task<(long Keys, string? Trouble)> CountAsync(RedisAddress master)
    {
        try
        {
            if (!_nodes.TryReach(master, out Task<RedisConnection>? reached, out RedisException? failure))
            {
                return (0, failure.Message);
            }

            RedisConnection connection = await reached.WaitAsync(_patience, _stop.Token);
            RedisReply reply = await connection.AskAsync("DBSIZE").WaitAsync(_patience, _stop.Token);
            return (reply.Number, reply.IsError && ReplyError.Of(reply.Bytes).IsPassing ? $"{master} is not ready: {reply.Text}" : null);
        }
        catch (RedisException e)
        {
            return (0, e.Message);
        }
        catch (TimeoutException)
        {
            return (0, $"{master} has not answered for {_patience.TotalSeconds} s");
        }
        catch (OperationCanceledException)
        {
            return (0, "the server is stopping");
        }
    }
}
