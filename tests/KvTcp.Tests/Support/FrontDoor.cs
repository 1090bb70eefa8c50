using System.Net;
using KvTcp.Redis;
using KvTcp.Server;
using KvTcp.Server.Engine;
using KvTcp.Server.Http;
using KvTcp.Server.Metrics;
using NUnit.Framework;

namespace KvTcp.Tests.Support;

/// <summary>A server in front of an engine, with HTTP, on ports that the system chose. It must log no bug.</summary>
internal sealed class FrontDoor : IAsyncDisposable
{
    private readonly DatasetHolder _datasets = new();
    private readonly ServerMetrics _metrics;

    private FrontDoor(EngineOptions options)
    {
        Engine = new RedisEngine(options, Log);
        Life = new ServerLife(_datasets, reloader: null, Engine);
        _metrics = new ServerMetrics(Life);
    }

    public RedisEngine Engine { get; }

    public ServerLife Life { get; }

    public RecordedLog Log { get; } = new();

    public KvServer Server { get; private set; } = null!;

    public HttpEndpoint Http { get; private set; } = null!;

    public HttpClient HttpClient { get; } = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience.Limit };

    public EndPoint EndPoint => Server.EndPoints[0];

    /// <summary>Starts a server, and waits until its engine is ready.</summary>
    /// <param name="url">The engine.</param>
    /// <param name="with">What is special about it.</param>
    /// <param name="options">The limits of the server.</param>
    public static async Task<FrontDoor> StartAsync(
        RedisUrl url, Func<EngineOptions, EngineOptions>? with = null, ServerOptions? options = null)
    {
        FrontDoor door = await StartAnywayAsync(url, with, options);
        await door.IsReadyAsync();
        return door;
    }

    /// <summary>Starts a server, whatever its engine does.</summary>
    public static async Task<FrontDoor> StartAnywayAsync(
        RedisUrl url, Func<EngineOptions, EngineOptions>? with = null, ServerOptions? options = null)
    {
        EngineOptions engine = new(url);
        FrontDoor door = new(with?.Invoke(engine) ?? engine);
        options = (options ?? new ServerOptions()) with { Listen = [RunningServer.Address("127.0.0.1:0")] };
        HttpOptions http = new() { Listen = RunningServer.Address("127.0.0.1:0") };
        door.Http = await HttpEndpoint.StartAsync(http, options, door.Life, door._metrics, door.Log).WaitAsync(Patience.Limit);
        door.HttpClient.BaseAddress = new Uri($"http://{door.Http.EndPoints[0]}");
        door.Server = await KvServer.StartAsync(options, door.Life, door.Log).WaitAsync(Patience.Limit);
        return door;
    }

    /// <summary>Stores a value of its own under each key: its text.</summary>
    public static async Task FillAsync(RedisUrl url, IEnumerable<Guid> keys, Func<Guid, string>? value = null)
    {
        await using RedisClient client = await RedisClient.ConnectAsync(url, new RedisOptions());
        await client.ExecuteAsync(RedisPairs.ToStore(keys, value ?? (static key => $"{key}")));
    }

    public Task<LineClient> ConnectAsync() => LineClient.ConnectAsync(EndPoint);

    public Task IsReadyAsync() => Patience.UntilAsync(() => Task.FromResult(Engine.Trouble is null), "the engine is ready");

    public Task HasTroubleAsync() => Patience.UntilAsync(() => Task.FromResult(Engine.Trouble is not null), "the engine is in trouble");

    /// <summary>Asks for one key on a connection of its own.</summary>
    public async Task<string> GetAsync(Guid key)
    {
        using LineClient client = await ConnectAsync();
        return await client.AskAsync($"GET {key}");
    }

    public async ValueTask DisposeAsync()
    {
        HttpClient.Dispose();
        await Http.DisposeAsync().AsTask().WaitAsync(Patience.Limit);
        await Server.DisposeAsync().AsTask().WaitAsync(Patience.Limit);
        await Engine.DisposeAsync().AsTask().WaitAsync(Patience.Limit);
        _metrics.Dispose();
        _datasets.Dispose();
        Assert.That(Log.Errors, Is.Empty, "the server logged a bug");
    }
}
