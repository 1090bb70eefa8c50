using System.Net;
using System.Text;
using KvTcp.LoadGen;
using KvTcp.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Engine;

/// <summary>Runs against real servers of the other protocols, each reply compared with the data file.</summary>
public sealed class PeerServerTests
{
    private TestDataset _data = null!;
    private TemporaryDirectory _directory = null!;
    private KeyFile _keys = null!;

    [SetUp]
    public void OpenKeys()
    {
        _data = TestDataset.WithLengths(10, 20, 0, 3000, 100_000, 40);
        _directory = new TemporaryDirectory();
        _keys = LoadRuns.WriteKeys(_directory, _data);
    }

    [TearDown]
    public void CloseKeys()
    {
        _keys.Dispose();
        _directory.Dispose();
        _data.Dispose();
    }

    [TestCase(1, 1)]
    [TestCase(16, 1)]
    [TestCase(4, 5)]
    public async Task Redis_is_driven_and_verified(int depth, int keysPerRequest)
    {
        using PeerServer redis = await PeerServer.StartRedisAsync(_data);
        await AssertVerifiesAsync(LoadRuns.PlanFor(redis.EndPoint) with
        {
            Protocol = WireProtocol.Resp,
            Depth = depth,
            KeysPerRequest = keysPerRequest,
        });
    }

    [TestCase(1, 1)]
    [TestCase(16, 1)]
    [TestCase(4, 5)]
    public async Task Memcached_is_driven_and_verified(int depth, int keysPerRequest)
    {
        using PeerServer memcached = await PeerServer.StartMemcachedAsync(_data);
        await AssertVerifiesAsync(LoadRuns.PlanFor(memcached.EndPoint) with
        {
            Protocol = WireProtocol.Memcached,
            Depth = depth,
            KeysPerRequest = keysPerRequest,
        });
    }

    [TestCase("/json/{key}", 1, TestName = "Http_with_chunked_JSON")]
    [TestCase("/json/{key}", 8, TestName = "Http_with_a_pipeline")]
    [TestCase("/text/{key}", 1, TestName = "Http_with_plain_text_of_known_length")]
    public async Task Http_is_driven_and_verified(string path, int depth)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using WebApplication service = builder.Build();
        service.Urls.Add("http://127.0.0.1:0");
        service.MapGet("/json/{key:guid}", (Guid key) => Text(key) is string value ? Results.Json(new { key, value }) : Results.NotFound());
        service.MapGet("/text/{key:guid}", (Guid key) => Text(key) is string value ? Results.Text(value) : Results.NotFound("no such key"));
        await service.StartAsync();
        Uri address = new(service.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        await AssertVerifiesAsync(LoadRuns.PlanFor(new IPEndPoint(IPAddress.Loopback, address.Port)) with
        {
            Protocol = WireProtocol.Http,
            HttpPath = path,
            Depth = depth,
        });
    }

    private async Task AssertVerifiesAsync(LoadPlan plan)
    {
        const int Count = 500;
        LoadResult result = await LoadRuns.RunAsync(plan with { Count = Count, Verify = true, Keys = new KeyChoice(0.2) }, _keys);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.MismatchSamples.Concat(result.ErrorSamples), Is.Empty);
            Assert.That(result.Counts with { Hits = 0, Misses = 0 }, Is.EqualTo(new LoadCounts(Count, 0, 0, 0, 0, 0, 0)));
            Assert.That(result.Counts.Hits + result.Counts.Misses, Is.EqualTo(Count * plan.KeysPerRequest));
            Assert.That(result.Counts.Misses, Is.GreaterThan(0));
        }
    }

    private string? Text(Guid key) => _data.Pairs.TryGetValue(key, out byte[]? value) ? Encoding.UTF8.GetString(value) : null;
}
