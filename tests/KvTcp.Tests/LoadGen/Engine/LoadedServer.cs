using KvTcp.LoadGen;
using KvTcp.Tests.Support;

namespace KvTcp.Tests.LoadGen.Engine;

/// <summary>A data file, open for a load, and the server that has loaded it.</summary>
internal sealed class LoadedServer : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private LoadedServer(RunningServer server)
    {
        Server = server;
        Keys = LoadRuns.WriteKeys(_directory, server.Data);
    }

    public RunningServer Server { get; }

    public KeyFile Keys { get; }

    /// <summary>A plan for it, without warm-up.</summary>
    public LoadPlan Plan => LoadRuns.PlanFor(Server.EndPoint);

    /// <summary>Starts the server.</summary>
    /// <param name="data">The pairs, by default a few with short values.</param>
    /// <param name="listen">Where it listens.</param>
    public static async Task<LoadedServer> StartAsync(TestDataset? data = null, params string[] listen) =>
        new(await RunningServer.StartAsync(null, data, listen));

    public Task<LoadResult> RunAsync(LoadPlan plan) => LoadRuns.RunAsync(plan, Keys);

    /// <summary>A figure of STATS.</summary>
    public async Task<long> StatAsync(string name) => long.Parse((await Server.StatsAsync())[name]);

    public async ValueTask DisposeAsync()
    {
        Keys.Dispose();
        _directory.Dispose();
        await Server.DisposeAsync();
    }
}
