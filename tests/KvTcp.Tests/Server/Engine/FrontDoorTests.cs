using System.Net;
using System.Text.Json.Nodes;
using KvTcp.Redis;
using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Server.Engine;

/// <summary>A server in front of real engines that do what they should.</summary>
[TestFixture("redis")]
[TestFixture("cluster")]
[TestFixture("garnet")]
[Parallelizable(ParallelScope.Self)]
public sealed class FrontDoorTests(string kind)
{
    private static readonly Guid[] Keys = [.. Enumerable.Range(0, 3000).Select(TestDataset.Key)];

    private RedisNode? _node;
    private RedisCluster? _cluster;
    private FrontDoor _door = null!;
    private RedisUrl _url = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        switch (kind)
        {
            case "cluster":
                _cluster = await RedisCluster.StartAsync();
                break;
            case "garnet":
                _node = await RedisNode.StartGarnetAsync();
                break;
            default:
                _node = await RedisNode.StartAsync();
                break;
        }

        _url = _cluster?.Url ?? new RedisUrl { Addresses = [_node!.Address] };
        await FrontDoor.FillAsync(_url, Keys);
        _door = await FrontDoor.StartAsync(
            _url,
            static engine => engine with { Timeout = Patience.Limit },
            new ServerOptions { AuthToken = new TokenGuard(AuthToken.TryCreate("token")!) });
        await Patience.UntilAsync(() => Task.FromResult(_door.Engine.Health.Keys >= Keys.Length), "the keys are counted");
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _door.DisposeAsync();
        await (_node?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_cluster?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [Test]
    public async Task Get_answers_hits_misses_and_what_is_no_key()
    {
        using LineClient client = await ConnectAsync();
        await client.SendAsync($"GET {Keys[0]}\nGET {TestDataset.Missing(0)}\nGET nonsense\nget  {Keys[1]} \r\nPING\n");
        Assert.That(await client.ReadLinesAsync(5), Does.Match(
            $"^OK {Keys[0]}\nNOT_FOUND\nERR BAD_KEY [^\n]*\nOK {Keys[1]}\nOK PONG\n$"));
    }

    [Test]
    public async Task Pipelined_gets_of_all_nodes_are_answered_in_order()
    {
        using LineClient client = await ConnectAsync();
        string[] expected = [.. Keys.SelectMany(static key => new[] { $"OK {key}\n", "NOT_FOUND\n" })];
        Task sending = client.SendAsync(string.Concat(Keys.Select(static key => $"GET {key}\nGET {TestDataset.Missing(key.GetHashCode() & 0xffff)}\n")));
        Assert.That(await client.ReadLinesAsync(expected.Length), Is.EqualTo(string.Concat(expected)));
        await sending;
    }

    [Test]
    public async Task MGet_and_exists_answer_in_order_with_duplicates_and_bad_keys()
    {
        using LineClient client = await ConnectAsync();
        Guid[] many = [.. Keys[..500], Keys[0], TestDataset.Missing(1), Keys[499]];
        await client.SendAsync(
            $"MGET {Keys[3]} nonsense {TestDataset.Missing(3)} {Keys[3]}\n" +
            $"EXISTS {string.Join(' ', many)}\nEXISTS {Keys[0]} nonsense\n" +
            $"MGET {string.Join(' ', many)}\nPING\n");
        Assert.That(await client.ReadLinesAsync(5), Does.Match($"^LINES 4\nOK {Keys[3]}\nERR BAD_KEY [^\n]*\nNOT_FOUND\nOK {Keys[3]}\n$"));
        Assert.That(await client.ReadLinesAsync(2), Does.Match($"^OK {many.Length - 1}\nERR BAD_KEY [^\n]*\n$"));
        Assert.That(await client.ReadLineAsync(), Is.EqualTo($"LINES {many.Length}"));
        Assert.That(
            await client.ReadLinesAsync(many.Length + 1),
            Is.EqualTo(string.Concat(many.Select(static (key, i) => i == 501 ? "NOT_FOUND\n" : $"OK {key}\n")) + "OK PONG\n"));
    }

    [Test]
    public async Task Resp_answers_the_same()
    {
        using LineClient client = await LineClient.ConnectAsync(_door.EndPoint);
        string missing = $"{TestDataset.Missing(0)}";
        Guid[] run = Keys[..700];
        await client.SendAsync(
            RespText.Request("AUTH", "token") +
            RespText.Request("GET", $"{Keys[0]}") + RespText.Request("GET", missing) + RespText.Request("GET", "nonsense") +
            RespText.Request("MGET", $"{Keys[1]}", "nonsense", missing, $"{Keys[2]}") +
            RespText.Request("EXISTS", $"{Keys[1]}", "nonsense", missing, $"{Keys[1]}") +
            RespText.Request("STRLEN", $"{Keys[1]}") + RespText.Request("STRLEN", missing) +
            RespText.Request("TYPE", $"{Keys[1]}") + RespText.Request("TYPE", missing) +
            string.Concat(run.Select(static key => RespText.Request("get", $"{key}"))) +
            RespText.Request("DBSIZE") + RespText.Request("TTL", $"{Keys[0]}") + RespText.Request("SCAN", "0") + RespText.Request("RANDOMKEY") +
            RespText.Request("SET", "a", "b") + RespText.Request("QUIT"));
        (string text, ConnectionEnd end) = await client.ReadToEndAsync();
        const string NoDataset = "-ERR not offered: the server has no dataset, it answers from an engine; ask that\r\n";
        Assert.That(text, Is.EqualTo(
            "+OK\r\n" + RespText.Bulk($"{Keys[0]}") + "$-1\r\n$-1\r\n" +
            "*4\r\n" + RespText.Bulk($"{Keys[1]}") + "$-1\r\n$-1\r\n" + RespText.Bulk($"{Keys[2]}") +
            ":2\r\n:36\r\n:0\r\n+string\r\n+none\r\n" +
            string.Concat(run.Select(static key => RespText.Bulk($"{key}"))) +
            $":{_door.Engine.Health.Keys}\r\n" + NoDataset + NoDataset + NoDataset +
            "-READONLY You can't write against a read only replica.\r\n+OK\r\n"));
        Assert.That(end, Is.EqualTo(ConnectionEnd.Closed));
    }

    [Test]
    public async Task Count_version_and_stats_tell_of_the_engine_and_reload_is_refused()
    {
        using LineClient client = await ConnectAsync();
        Assert.That(await client.AskAsync("COUNT"), Is.EqualTo($"OK {_door.Engine.Health.Keys}"));
        Assert.That(await client.AskAsync("VERSION"), Does.Contain(" dataset=none ").And.Contain($" keys={_door.Engine.Health.Keys} "));
        Assert.That(await client.AskAsync("RELOAD"), Does.StartWith("ERR REFUSED this server answers from an engine"));
        Assert.That(await client.AskAsync("ROLLBACK"), Does.StartWith("ERR REFUSED this server answers from an engine"));
        IReadOnlyDictionary<string, string> stats = await client.StatsAsync();
        Assert.That(stats["engine"], Is.EqualTo($"{_url}"));
        Assert.That(stats["dataset_source"], Is.EqualTo($"{_url}"));
        Assert.That((stats["engine_ready"], stats["engine_trouble"]), Is.EqualTo(("1", "none")));
        Assert.That(stats["engine_nodes"], Is.EqualTo(_cluster is null ? "1" : "3"));
    }

    [Test]
    public async Task Values_longer_than_a_batch_may_keep_arrive_whole()
    {
        Guid[] keys = [.. Enumerable.Range(10_000, 40).Select(TestDataset.Key)];
        await FrontDoor.FillAsync(_url, keys, static key => new string($"{key}"[7], 50_000));
        using LineClient client = await ConnectAsync();
        for (int round = 0; round < 2; round++)
        {
            await client.SendAsync($"MGET {string.Join(' ', keys)}\nEXISTS {string.Join(' ', keys)}\nGET {Keys[0]}\n");
            Assert.That(await client.ReadLineAsync(), Is.EqualTo($"LINES {keys.Length}"));
            Assert.That(await client.ReadLinesAsync(keys.Length), Is.EqualTo(string.Concat(keys.Select(static key => $"OK {new string($"{key}"[7], 50_000)}\n"))));
            Assert.That(await client.ReadLinesAsync(2), Is.EqualTo($"OK {keys.Length}\nOK {Keys[0]}\n"));
        }
    }

    [TestCase("two\nlines", "it would end the reply")]
    [TestCase("a\rreturn", "no data file can hold it")]
    [TestCase("a\0nul", "no data file can hold it")]
    [TestCase("\u00ff\u00fe", "two bytes that are no UTF-8")]
    public async Task Value_that_is_no_line_of_text_is_an_error_for_its_key_alone(string value, string reason)
    {
        Guid key = TestDataset.Key(20_000);
        await FrontDoor.FillAsync(_url, [key], _ => value);
        using LineClient client = await ConnectAsync();
        await client.SendAsync($"GET {Keys[0]}\nGET {key}\nMGET {key} {Keys[1]}\nEXISTS {key} {Keys[1]}\nPING\n");
        Assert.That(
            await client.ReadLinesAsync(7),
            Does.Match($"^OK {Keys[0]}\nERR INTERNAL [^\n]*\nLINES 2\nERR INTERNAL [^\n]*\nOK {Keys[1]}\nERR INTERNAL [^\n]*\nOK PONG\n$"),
            reason);
    }

    [Test]
    public async Task Value_longer_than_allowed_is_an_error_for_its_key_alone()
    {
        Guid key = TestDataset.Key(20_002);
        Guid longest = TestDataset.Key(20_003);
        await FrontDoor.FillAsync(_url, [longest], static _ => new string('x', 1 << 20));
        await FrontDoor.FillAsync(_url, [key], static _ => new string('x', (1 << 20) + 1));
        using LineClient client = await ConnectAsync();
        await client.SendAsync($"MGET {Keys[0]} {key} {Keys[1]} {Keys[2]}\nGET {Keys[3]}\nGET {longest}\n");
        Assert.That(
            await client.ReadLinesAsync(6),
            Does.Match($"^LINES 4\nOK {Keys[0]}\nERR INTERNAL [^\n]* has a value of 1048577 bytes, and 1048576 is the most [^\n]*\nOK {Keys[1]}\nOK {Keys[2]}\nOK {Keys[3]}\n$"));
        Assert.That((await client.ReadLineAsync()).Length, Is.EqualTo(3 + (1 << 20)));
    }

    [Test]
    public async Task Key_with_something_else_than_a_string_is_an_error_for_it_alone()
    {
        Guid key = TestDataset.Key(20_001);
        RedisNode node = _node ?? _cluster!.Masters[_cluster.FirstOwner(KvTcp.Redis.Cluster.KeySlot.Of(ByteText.Bytes($"{key}")))];
        await node.AskAsync("LPUSH", $"{key}", "x");
        using LineClient client = await ConnectAsync();
        await client.SendAsync($"GET {key}\nGET {Keys[0]}\n");
        string reply = kind is "garnet" ? "NOT_FOUND" : "ERR INTERNAL the engine has a value that is no string";
        Assert.That(await client.ReadLinesAsync(2), Is.EqualTo($"{reply}\nOK {Keys[0]}\n"), "Garnet itself says that there is no such key");
    }

    [Test]
    public async Task Http_answers_from_the_engine()
    {
        HttpClient http = _door.HttpClient;
        Assert.That(await http.GetStringAsync($"/v1/keys/{Keys[0]}"), Is.EqualTo($$"""{"key":"{{Keys[0]}}","value":"{{Keys[0]}}"}"""));
        Assert.That((await http.GetAsync($"/v1/keys/{Keys[0]}")).Headers.ETag, Is.Null, "nothing names the state of an engine");
        Assert.That((await http.GetAsync($"/v1/keys/{TestDataset.Missing(0)}")).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        HttpResponseMessage batch = await http.PostAsync(
            "/v1/keys", new StringContent($$"""{"keys":["{{Keys[1]}}","{{TestDataset.Missing(0)}}"]}""", System.Text.Encoding.UTF8, "application/json"));
        Assert.That(await batch.Content.ReadAsStringAsync(), Is.EqualTo(
            $$"""{"dataset_id":null,"items":[{"key":"{{Keys[1]}}","value":"{{Keys[1]}}"},{"key":"{{TestDataset.Missing(0)}}","value":null}]}"""));
        Assert.That((await http.GetAsync("/health/ready")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        using HttpRequestMessage dump = new(HttpMethod.Get, "/debug/datastore") { Headers = { Authorization = new("Bearer", "token") } };
        Assert.That((await http.SendAsync(dump)).StatusCode, Is.EqualTo(HttpStatusCode.NotImplemented));
        using HttpRequestMessage reload = new(HttpMethod.Post, "/admin/reload") { Headers = { Authorization = new("Bearer", "token") } };
        Assert.That((await http.SendAsync(reload)).StatusCode, Is.EqualTo(HttpStatusCode.Conflict));
        JsonNode stats = JsonNode.Parse(await http.GetStringAsync("/v1/stats"))!;
        Assert.That((string?)stats["server"]!["engine"], Is.EqualTo($"{_url}"));
        Assert.That(await http.GetStringAsync("/metrics"), Does.Contain("kvtcp_engine_nodes ").And.Contain("kvtcp_ready 1"));
    }

    private async Task<LineClient> ConnectAsync()
    {
        LineClient client = await _door.ConnectAsync();
        Assert.That(await client.AskAsync("AUTH token"), Is.EqualTo("OK"));
        return client;
    }
}
