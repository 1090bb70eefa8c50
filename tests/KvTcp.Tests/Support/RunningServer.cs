using System.Net;
using KvTcp.Server;
using NUnit.Framework;

namespace KvTcp.Tests.Support;

/// <summary>A server of its own for a test, on a port that the system chose, and its dataset. It must log no bug.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private RunningServer(KvServer server, TestDataset data, RecordedLog log)
    {
        Server = server;
        Data = data;
        Log = log;
    }

    public KvServer Server { get; }

    public TestDataset Data { get; }

    public RecordedLog Log { get; }

    public EndPoint EndPoint => Server.EndPoints[0];

    /// <summary>Starts a server.</summary>
    /// <param name="options">Its limits; where it listens is the next parameter's.</param>
    /// <param name="data">The pairs, which the server takes over; by default a few with short values.</param>
    /// <param name="listen">Where it listens.</param>
    public static async Task<RunningServer> StartAsync(ServerOptions? options = null, TestDataset? data = null, params string[] listen)
    {
        data ??= TestDataset.WithLengths(10, 20, 30, 40, 0, 300);
        RecordedLog log = new();
        options = (options ?? new ServerOptions()) with { Listen = [.. (listen is [] ? ["127.0.0.1:0"] : listen).Select(Address)] };
        try
        {
            return new RunningServer(await KvServer.StartAsync(options, data.Holder, reloader: null, log).WaitAsync(Patience.Limit), data, log);
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    public static ListenAddress Address(string text) =>
        ListenAddress.TryParseOptionallyPlain(text, out ListenAddress? address, out string? error)
            ? address
            : throw new ArgumentException(error, nameof(text));

    public Task<LineClient> ConnectAsync() => LineClient.ConnectAsync(EndPoint);

    /// <summary>STATS, asked on a connection of its own, which the figures include.</summary>
    public async Task<IReadOnlyDictionary<string, string>> StatsAsync()
    {
        using LineClient client = await ConnectAsync();
        return await client.StatsAsync();
    }

    /// <summary>Waits until a figure of STATS has a value. The connection that asks counts among the open ones.</summary>
    public async Task CountsAsync(string name, long value)
    {
        using LineClient client = await ConnectAsync();
        await Patience.UntilAsync(async () => long.Parse((await client.StatsAsync())[name]) == value, $"{name} is {value}");
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync().AsTask().WaitAsync(Patience.Limit);
        Data.Dispose();
        Assert.That(Log.Errors, Is.Empty, "the server logged a bug");
    }
}
