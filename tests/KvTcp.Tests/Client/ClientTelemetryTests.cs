using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using KvTcp.Client;
using KvTcp.Server;
using KvTcp.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;

namespace KvTcp.Tests.Client;

/// <summary>Meter, activities, and the registration that connects them to a container.</summary>
[Alone]
public sealed class ClientTelemetryTests
{
    [Test]
    public async Task Meter_counts_what_has_happened()
    {
        await using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        IMeterFactory meters = services.GetRequiredService<IMeterFactory>();
        ConcurrentDictionary<string, double> figures = new(StringComparer.Ordinal);
        using MeterListener listener = Listen(meters, figures);
        await using RunningServer server = await RunningServer.StartAsync(new ServerOptions { RequireVersion4 = true });
        await using KvClient client = await KvClient.ConnectAsync(ScriptedServer.Fast with { Servers = [KvClientTests.Address(server)], MeterFactory = meters });
        await client.GetAsync(TestDataset.Key(0));
        await client.GetAsync(TestDataset.Missing(0));
        await client.GetManyAsync(new[] { TestDataset.Key(0), TestDataset.Key(1), TestDataset.Missing(1) });
        Assert.That(async () => await client.GetAsync(Guid.Empty), Throws.TypeOf<KvServerException>());
        Assert.That(
            async () => await client.GetAsync(Guid.Empty, new CancellationToken(canceled: true)),
            Throws.InstanceOf<OperationCanceledException>());
        await Patience.UntilAsync(
            () =>
            {
                listener.RecordObservableInstruments();
                return Task.FromResult(figures["kvtcp.client.requests_in_flight"] is 0);
            },
            "the last request has left, which it does after its completion");
        Assert.That(figures, Is.EquivalentTo(new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["kvtcp.client.replies"] = 4,
            ["kvtcp.client.refusals"] = 1,
            ["kvtcp.client.keys hit"] = 3,
            ["kvtcp.client.keys miss"] = 2,
            ["kvtcp.client.timeouts"] = 0,
            ["kvtcp.client.cancellations"] = 1,
            ["kvtcp.client.connects"] = 1,
            ["kvtcp.client.failed_connects"] = 0,
            [$"kvtcp.client.connections {KvClientTests.Address(server)}"] = 1,
            ["kvtcp.client.requests_in_flight"] = 0,
            ["kvtcp.client.request.duration GET"] = 4,
            ["kvtcp.client.request.duration MGET"] = 1,
        }));
    }

    [Test]
    public async Task Measurements_name_their_client_and_end_with_it()
    {
        await using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        IMeterFactory meters = services.GetRequiredService<IMeterFactory>();
        ConcurrentDictionary<string, double> figures = new(StringComparer.Ordinal);
        using MeterListener listener = Listen(meters, figures);
        await using RunningServer server = await RunningServer.StartAsync();
        KvClientOptions options = ScriptedServer.Fast with { Servers = [KvClientTests.Address(server)], MeterFactory = meters };
        await using KvClient stays = await KvClient.ConnectAsync(options with { Name = "stays" });
        await using (KvClient goes = await KvClient.ConnectAsync(options with { Name = "goes" }))
        {
            await goes.GetAsync(TestDataset.Key(0));
            listener.RecordObservableInstruments();
            Assert.That(figures["kvtcp.client.connects goes"], Is.EqualTo(1));
            Assert.That(figures["kvtcp.client.keys hit goes"], Is.EqualTo(1));
            Assert.That(figures["kvtcp.client.request.duration GET goes"], Is.EqualTo(1));
        }

        figures.Clear();
        listener.RecordObservableInstruments();
        Assert.That(figures["kvtcp.client.connects stays"], Is.EqualTo(1));
        Assert.That(figures.Keys, Has.None.EndsWith("goes"));
    }

    [Test]
    public async Task Listener_that_throws_leaves_no_caller_waiting_and_is_logged_once()
    {
        await using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        IMeterFactory meters = services.GetRequiredService<IMeterFactory>();
        using MeterListener listener = Listen(meters, new ConcurrentDictionary<string, double>(StringComparer.Ordinal));
        listener.SetMeasurementEventCallback<double>(static (_, _, _, _) => throw new InvalidOperationException("no more measurements"));
        RecordedLog log = new();
        await using RunningServer server = await RunningServer.StartAsync();
        await using KvClient client = await KvClient.ConnectAsync(
            ScriptedServer.Fast with { Servers = [KvClientTests.Address(server)], MeterFactory = meters, LoggerFactory = log });
        Assert.That(await client.CountAsync().AsTask().WaitAsync(Patience.Limit), Is.EqualTo(server.Data.Pairs.Count));
        Assert.That(await client.CountAsync().AsTask().WaitAsync(Patience.Limit), Is.EqualTo(server.Data.Pairs.Count));
        string[] warnings = [.. log.Texts(Microsoft.Extensions.Logging.LogLevel.Warning)];
        Assert.That(warnings, Has.Length.EqualTo(1));
        Assert.That(warnings[0], Does.StartWith("Requests are not timed any more").And.Contain("no more measurements"));
    }

    [Test]
    public async Task Activity_names_the_path_of_a_Unix_socket_and_no_port()
    {
        ConcurrentQueue<Activity> stopped = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = static source => source.Name is "KvTcp.Client",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = stopped.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        using TemporaryDirectory directory = new();
        string path = directory.PathOf("kvtcp.sock");
        await using RunningServer server = await RunningServer.StartAsync(listen: $"unix:{path}");
        await using KvClient client = await KvClient.ConnectAsync(new KvClientOptions { Servers = [KvServerAddress.Parse($"unix:{path}")] });
        await client.CountAsync();
        Activity activity = stopped.Single();
        Assert.That(activity.GetTagItem("server.address"), Is.EqualTo(path));
        Assert.That(activity.GetTagItem("server.port"), Is.Null);
    }

    [Test]
    public async Task Activities_name_command_server_and_error()
    {
        ConcurrentQueue<Activity> stopped = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = static source => source.Name is "KvTcp.Client",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = stopped.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using RunningServer server = await RunningServer.StartAsync(new ServerOptions { RequireVersion4 = true });
        await using KvClient client = await KvClient.ConnectAsync(new KvClientOptions { Servers = [KvClientTests.Address(server)] });
        await client.GetAsync(TestDataset.Key(0));
        await client.GetManyAsync(new[] { TestDataset.Key(0), TestDataset.Key(1) });
        Assert.That(async () => await client.GetAsync(Guid.Empty), Throws.TypeOf<KvServerException>());
        Activity[] activities = [.. stopped];
        Assert.That(activities.Select(static activity => activity.OperationName), Is.EqualTo(new[] { "GET", "MGET", "GET" }));
        Assert.That(activities, Has.All.Property("Kind").EqualTo(ActivityKind.Client));
        Assert.That(activities[0].GetTagItem("db.system.name"), Is.EqualTo("kvtcp"));
        Assert.That(activities[0].GetTagItem("server.address"), Is.EqualTo("127.0.0.1"));
        Assert.That(activities[0].GetTagItem("server.port"), Is.EqualTo(((System.Net.IPEndPoint)server.EndPoint).Port));
        Assert.That(activities[1].GetTagItem("db.operation.batch.size"), Is.EqualTo(2));
        Assert.That(activities[2].GetTagItem("error.type"), Is.EqualTo("BadKey"));
        Assert.That(activities[2].Status, Is.EqualTo(ActivityStatusCode.Error));
    }

    [Test]
    public async Task AddKvClient_registers_one_client_that_the_container_disposes()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        ServiceProvider services = new ServiceCollection()
            .AddKvClient(new KvClientOptions { Servers = [KvClientTests.Address(server)] })
            .BuildServiceProvider();
        KvClient client = services.GetRequiredService<KvClient>();
        Assert.That(services.GetRequiredService<KvClient>(), Is.SameAs(client));
        Assert.That(await client.CountAsync(), Is.EqualTo(server.Data.Pairs.Count), "the request waits for the connection");
        await services.DisposeAsync();
        Assert.That(async () => await client.CountAsync(), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public async Task Container_may_be_disposed_without_waiting()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        KvClient client;
        using (ServiceProvider services = new ServiceCollection()
            .AddKvClient(new KvClientOptions { Servers = [KvClientTests.Address(server)] })
            .BuildServiceProvider())
        {
            client = services.GetRequiredService<KvClient>();
            await client.CountAsync();
        }

        Assert.That(async () => await client.CountAsync(), Throws.TypeOf<ObjectDisposedException>());
        await server.CountsAsync("connections_open", 1);
    }

    [Test]
    public void AddKvClient_refuses_bad_options_at_once() =>
        Assert.That(() => new ServiceCollection().AddKvClient(new KvClientOptions { Servers = [] }), Throws.TypeOf<ArgumentException>());

    [Test]
    public async Task Log_tells_of_connections_and_of_nothing_else()
    {
        RecordedLog log = new();
        RunningServer server = await RunningServer.StartAsync();
        await using KvClient client = await KvClient.ConnectAsync(ScriptedServer.Fast with { Servers = [KvClientTests.Address(server)], LoggerFactory = log });
        await client.CountAsync();
        string[] before = [.. log.Texts(Microsoft.Extensions.Logging.LogLevel.Trace)];
        Assert.That(before, Is.EqualTo(new[] { $"Connected to {KvClientTests.Address(server)}" }));
        await server.DisposeAsync();
        await Patience.UntilAsync(
            () => Task.FromResult(log.Texts(Microsoft.Extensions.Logging.LogLevel.Warning)
                .Any(static text => text.StartsWith("No connection: cannot connect", StringComparison.Ordinal))),
            "the client has failed to connect again");
        Assert.That(log.Texts(Microsoft.Extensions.Logging.LogLevel.Warning).First(), Does.StartWith("A connection has ended"));
    }

    private static MeterListener Listen(IMeterFactory meters, ConcurrentDictionary<string, double> figures)
    {
        MeterListener listener = new()
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name is "KvTcp.Client" && ReferenceEquals(instrument.Meter.Scope, meters))
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => figures[Name(instrument, tags)] = value);

        // Of durations, only their number is known beforehand.
        listener.SetMeasurementEventCallback<double>(
            (instrument, _, tags, _) => figures.AddOrUpdate(Name(instrument, tags), 1, static (_, count) => count + 1));
        listener.Start();
        return listener;
    }

    private static string Name(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        string.Join(' ', [instrument.Name, .. tags.ToArray().Select(static tag => $"{tag.Value}")]);
}
