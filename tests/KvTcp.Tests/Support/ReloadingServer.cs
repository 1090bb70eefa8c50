using System.Net;
using KvTcp.Server;
using KvTcp.Store;
using NUnit.Framework;

namespace KvTcp.Tests.Support;

/// <summary>A server that reloads, over TCP and over a Unix socket. It must log no bug.</summary>
internal sealed class ReloadingServer : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private KvServer? _server;

    private ReloadingServer(IReadOnlyList<DatasetSource> sources, ReloadOptions reload, DataFileOptions dataFiles) =>
        Reloader = new Reloader(Datasets, sources, dataFiles, reload, Log);

    public DatasetHolder Datasets { get; } = new();

    public RecordedLog Log { get; } = new();

    public Reloader Reloader { get; }

    public KvServer Server => _server!;

    public EndPoint Tcp => Server.EndPoints[0];

    public EndPoint Unix => Server.EndPoints[1];

    /// <summary>Loads, then starts a server.</summary>
    public static async Task<ReloadingServer> StartAsync(
        IReadOnlyList<DatasetSource> sources, ServerOptions? options = null, ReloadOptions? reload = null, Func<long>? memory = null)
    {
        ReloadingServer server = await LoadAsync(sources, reload, memory);
        options = (options ?? new ServerOptions()) with
        {
            Listen = [RunningServer.Address("127.0.0.1:0"), RunningServer.Address($"unix:{server._directory.PathOf("s")}")],
        };
        server._server = await KvServer.StartAsync(options, server.Datasets, server.Reloader, server.Log).WaitAsync(Patience.Limit);
        return server;
    }

    /// <summary>Loads, without a server.</summary>
    public static async Task<ReloadingServer> LoadAsync(
        IReadOnlyList<DatasetSource> sources, ReloadOptions? reload = null, Func<long>? memory = null, DataFileOptions? dataFiles = null)
    {
        ReloadingServer server = new(sources, reload ?? new ReloadOptions(), dataFiles ?? new DataFileOptions());
        if (memory is not null)
        {
            server.Reloader.MeasureMemory = memory;
        }

        await server.Reloader.LoadFirstAsync().WaitAsync(Patience.Limit);
        return server;
    }

    public Task<LineClient> ConnectAsync() => LineClient.ConnectAsync(Tcp);

    public Task<LineClient> ConnectUnixAsync() => LineClient.ConnectAsync(Unix);

    public Task<ReloadOutcome> ReloadAsync() => Reloader.ReloadAsync(ReloadTrigger.Command).WaitAsync(Patience.Limit);

    /// <summary>What the server does by itself when it is time to.</summary>
    public Task<ReloadOutcome> RefreshAsync() => Reloader.ReloadAsync(ReloadTrigger.Refresh).WaitAsync(Patience.Limit);

    public Task<ReloadOutcome> RollBackAsync() => Reloader.RollBackAsync().WaitAsync(Patience.Limit);

    /// <summary>The value that is served for <see cref="TestDataset.Key"/> of a number; null for none.</summary>
    public string? Value(int number)
    {
        if (!Datasets.TryAcquire(out _, out DatasetLease lease))
        {
            return null;
        }

        using (lease)
        {
            return lease.Dataset.TryGetValue(TestDataset.Key(number), out ReadOnlySpan<byte> value) ? ByteText.Text(value.ToArray()) : null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync().AsTask().WaitAsync(Patience.Limit);
        }

        await Reloader.DisposeAsync().AsTask().WaitAsync(Patience.Limit);
        Datasets.Dispose();
        _directory.Dispose();
        Assert.That(Log.Errors, Is.Empty, "the server logged a bug");
    }
}
