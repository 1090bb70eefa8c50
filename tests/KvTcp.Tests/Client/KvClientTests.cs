using System.Buffers;
using System.Text;
using KvTcp.Client;
using KvTcp.Protocol;
using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Client;

/// <summary>Every request against a real server.</summary>
public sealed class KvClientTests
{
    private static readonly string[] Values = ["one", "", "NOT_FOUND", "ERR BAD_KEY x", "LINES 2", " é ", new('v', 70_000)];

    private RunningServer _server = null!;
    private KvClient _client = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _server = await RunningServer.StartAsync(data: TestDataset.WithValues(Values));
        _client = await KvClient.ConnectAsync(new KvClientOptions { Servers = [Address(_server)], ConnectionsPerServer = 2 });
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Test]
    public async Task Get_gives_every_value_in_each_form()
    {
        for (int i = 0; i < Values.Length; i++)
        {
            ArrayBufferWriter<byte> copy = new();
            byte[] value = Encoding.UTF8.GetBytes(Values[i]);
            Assert.That(await _client.GetAsync(TestDataset.Key(i)), Is.EqualTo(value));
            Assert.That(await _client.GetStringAsync(TestDataset.Key(i)), Is.EqualTo(Values[i]));
            Assert.That(await _client.GetAsync(TestDataset.Key(i), copy), Is.True);
            Assert.That(copy.WrittenSpan.ToArray(), Is.EqualTo(value));
        }
    }

    [Test]
    public async Task Get_of_a_missing_key_gives_null_and_writes_nothing()
    {
        ArrayBufferWriter<byte> copy = new();
        Assert.That(await _client.GetAsync(TestDataset.Missing(0)), Is.Null);
        Assert.That(await _client.GetStringAsync(TestDataset.Missing(0)), Is.Null);
        Assert.That(await _client.GetAsync(TestDataset.Missing(0), copy), Is.False);
        Assert.That(copy.WrittenCount, Is.Zero);
    }

    [Test]
    public async Task GetMany_keeps_order_duplicates_and_misses()
    {
        Guid[] keys = [TestDataset.Key(2), TestDataset.Missing(1), TestDataset.Key(0), TestDataset.Key(2), TestDataset.Key(1)];
        byte[]?[] values = await _client.GetManyAsync(keys);
        Assert.That(
            values.Select(static value => value is null ? null : Encoding.UTF8.GetString(value)),
            Is.EqualTo(new[] { "NOT_FOUND", null, "one", "NOT_FOUND", "" }));
    }

    [Test]
    public async Task Requests_without_a_key_are_answered_at_once()
    {
        Assert.That(await _client.GetManyAsync(ReadOnlyMemory<Guid>.Empty), Is.Empty);
        Assert.That(await _client.ExistsAsync(ReadOnlyMemory<Guid>.Empty), Is.Zero);
    }

    [Test]
    public async Task Exists_tells_and_counts()
    {
        Assert.That(await _client.ExistsAsync(TestDataset.Key(0)), Is.True);
        Assert.That(await _client.ExistsAsync(TestDataset.Missing(0)), Is.False);
        Guid[] keys = [TestDataset.Key(0), TestDataset.Missing(0), TestDataset.Key(0), TestDataset.Key(1)];
        Assert.That(await _client.ExistsAsync(keys), Is.EqualTo(3));
    }

    [Test]
    public async Task Count_stats_version_and_ping_are_answered()
    {
        Assert.That(await _client.CountAsync(), Is.EqualTo(Values.Length));
        Assert.That(await _client.StatsAsync(), Does.ContainKey("dataset_keys").WithValue($"{Values.Length}"));
        Assert.That(await _client.VersionAsync(), Does.StartWith("kvtcp/").And.Contain(" proto=1 dataset="));
        Assert.That(await _client.PingAsync(), Is.GreaterThan(TimeSpan.Zero));
    }

    [Test]
    public async Task Concurrent_callers_each_get_their_own_value()
    {
        string?[] results = await Task.WhenAll(Enumerable.Range(0, 20_000).Select(i => Task.Run(async () => i % 8 < 6
            ? await _client.GetStringAsync(TestDataset.Key(i % 8))
            : $"{await _client.CountAsync()}")));
        Assert.That(results, Is.EqualTo(Enumerable.Range(0, 20_000).Select(static i => i % 8 < 6 ? Values[i % 8] : $"{Values.Length}")));
    }

    [Test]
    public async Task A_refused_key_fails_its_request_alone()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ServerOptions { RequireVersion4 = true });
        await using KvClient client = await KvClient.ConnectAsync(new KvClientOptions { Servers = [Address(server)] });
        Guid version1 = Guid.Parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
        Assert.That(
            async () => await client.GetAsync(version1), Throws.TypeOf<KvServerException>().With.Property("Code").EqualTo(ErrorCode.BadKey));
        Assert.That(
            async () => await client.GetManyAsync(new[] { TestDataset.Key(0), version1 }),
            Throws.TypeOf<KvServerException>().With.Property("Code").EqualTo(ErrorCode.BadKey).And.Message.Contains($"{version1}"));
        Assert.That(
            async () => await client.ExistsAsync(version1), Throws.TypeOf<KvServerException>().With.Property("Code").EqualTo(ErrorCode.BadKey));
        Assert.That(await client.GetAsync(TestDataset.Key(0)), Has.Length.EqualTo(10));
    }

    [Test]
    public async Task A_writer_that_throws_fails_its_own_request_alone()
    {
        ValueTask<bool> failing = _client.GetAsync(TestDataset.Key(0), new FullWriter());
        ValueTask<byte[]?> next = _client.GetAsync(TestDataset.Key(0));
        Assert.That(async () => await failing, Throws.TypeOf<InvalidOperationException>().With.Message.EqualTo("full"));
        Assert.That(await next, Is.Not.Null);
    }

    [Test]
    public async Task Unix_sockets_work()
    {
        using TemporaryDirectory directory = new();
        string path = "unix:" + directory.PathOf("kvtcp.sock");
        await using RunningServer server = await RunningServer.StartAsync(listen: path);
        await using KvClient client = await KvClient.ConnectAsync(new KvClientOptions { Servers = [KvServerAddress.Parse(path)] });
        Assert.That(await client.GetAsync(TestDataset.Key(0)), Is.EqualTo(server.Data.Pairs[TestDataset.Key(0)]));
    }

    internal static KvServerAddress Address(RunningServer server) => KvServerAddress.Parse(server.EndPoint.ToString()!);

    private sealed class FullWriter : IBufferWriter<byte>
    {
        public void Advance(int count) => throw new InvalidOperationException("full");

        public Memory<byte> GetMemory(int sizeHint = 0) => throw new InvalidOperationException("full");

        public Span<byte> GetSpan(int sizeHint = 0) => throw new InvalidOperationException("full");
    }
}
