using System.Net;
using KvTcp.Protocol;
using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>Every command of docs/protocol.md over every kind of address.</summary>
[Parallelizable(ParallelScope.All)]
public class CommandTests(TransportKind transport) : EveryTransport(transport)
{
    private static string Hit => TestDataset.Key(0).ToString();

    private static string Miss => TestDataset.Missing(0).ToString();

    [TestCase("127.0.0.1:0", Description = "IPv4")]
    [TestCase("[::1]:0", Description = "IPv6")]
    [TestCase("*:0", Description = "both; the client comes over IPv4")]
    [TestCase("unix:", Description = "a Unix socket")]
    public async Task Every_command_is_answered(string listen)
    {
        string path = Path.Combine(Path.GetTempPath(), $"kvtcp-{Guid.NewGuid():n}.sock");
        await using RunningServer server = await StartAsync(
            data: TestDataset.WithValues("first", "", "ERR x"), listen: listen is "unix:" ? listen + path : listen);
        using LineClient client = listen is "*:0"
            ? await LineClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, ((IPEndPoint)server.EndPoint).Port))
            : await server.ConnectAsync();

        Assert.That(await client.AskAsync($"GET {Hit}"), Is.EqualTo("OK first"));
        Assert.That(await client.AskAsync($"get {Hit.ToUpperInvariant()}\r"), Is.EqualTo("OK first"));
        Assert.That(await client.AskAsync($"GET {TestDataset.Key(1)}"), Is.EqualTo("OK "));
        Assert.That(await client.AskAsync($"GET {TestDataset.Key(2)}"), Is.EqualTo("OK ERR x"));
        Assert.That(await client.AskAsync($"GET {Miss}"), Is.EqualTo("NOT_FOUND"));
        Assert.That(await client.AskAsync("GET nonsense"), Does.StartWith("ERR BAD_KEY "));
        Assert.That(await client.AskAsync($"MGET {Hit} {Miss} {Hit} x"), Is.EqualTo("LINES 4"));
        Assert.That(await client.ReadLinesAsync(3), Is.EqualTo("OK first\nNOT_FOUND\nOK first\n"));
        Assert.That(await client.ReadLineAsync(), Does.StartWith("ERR BAD_KEY "));
        Assert.That(await client.AskAsync($"EXISTS {Hit} {Miss} {Hit}"), Is.EqualTo("OK 2"));
        Assert.That(await client.AskAsync($"EXISTS {Hit} x"), Does.StartWith("ERR BAD_KEY "));
        Assert.That(await client.AskAsync("COUNT"), Is.EqualTo("OK 3"));
        Assert.That(
            await client.AskAsync("VERSION"),
            Does.Match($@"^OK kvtcp/\S+ proto=1 dataset={server.Data.Dataset.Id} keys={server.Data.Pairs.Count} loaded=20\S+Z reload=none$"));
        Assert.That(await client.AskAsync("PING"), Is.EqualTo("OK PONG"));
        Assert.That(await client.AskAsync("HELP"), Is.EqualTo($"LINES {CommandTable.Count}"));
        string help = await client.ReadLinesAsync(CommandTable.Count);
        Assert.That(help, Does.Contain("GET <uuid>").And.Contain("QUIT "));
        Assert.That(await client.AskAsync("RELOAD"), Does.StartWith("ERR REFUSED "));
        Assert.That(await client.AskAsync("ROLLBACK"), Does.StartWith("ERR REFUSED "));
        Assert.That(await client.AskAsync("AUTH secret"), Does.StartWith("ERR REFUSED "));
        Assert.That((await client.StatsAsync())["dataset_keys"], Is.EqualTo("3"));
        Assert.That(await client.AskAsync("QUIT"), Is.EqualTo("OK BYE"));
        Assert.That(await client.ReadToEndAsync(), Is.EqualTo(("", ConnectionEnd.Closed)));
    }

    [TestCase("NOSUCH", "UNKNOWN", Description = "an unknown verb")]
    [TestCase("SET a b", "UNKNOWN", Description = "a verb of other servers")]
    [TestCase(" PING", "UNKNOWN", Description = "nothing precedes the verb")]
    [TestCase("PING\t", "UNKNOWN", Description = "a tab is no space")]
    [TestCase("PI\0NG", "UNKNOWN", Description = "NUL in a verb")]
    [TestCase("\0", "UNKNOWN", Description = "NUL alone")]
    [TestCase("PING\rPING", "UNKNOWN", Description = "a bare CR ends no line")]
    [TestCase("\u00c3\u00a9", "UNKNOWN", Description = "UTF-8")]
    [TestCase("\u00ff\u00fe", "UNKNOWN", Description = "no UTF-8")]
    [TestCase("GET", "ARGS", Description = "too few")]
    [TestCase("GET a b", "ARGS", Description = "too many")]
    [TestCase("MGET", "ARGS", Description = "too few")]
    [TestCase("EXISTS ", "ARGS", Description = "too few")]
    [TestCase("PING x", "ARGS", Description = "too many")]
    [TestCase("COUNT x", "ARGS", Description = "too many")]
    [TestCase("STATS x", "ARGS", Description = "too many")]
    [TestCase("VERSION x", "ARGS", Description = "too many")]
    [TestCase("HELP GET", "ARGS", Description = "too many")]
    [TestCase("QUIT x", "ARGS", Description = "too many; the connection stays open")]
    [TestCase("AUTH", "ARGS", Description = "too few")]
    [TestCase("RELOAD x", "ARGS", Description = "too many")]
    [TestCase("GET \0", "BAD_KEY", Description = "NUL as a key")]
    [TestCase("GET 6ba7b810-9dad-11d1-80b4-00c04fd430c8\t", "BAD_KEY", Description = "a tab after the key")]
    [TestCase("GET 6ba7b810-9dad-11d1-80b4-00c04fd430c8\r\r", "BAD_KEY", Description = "one CR belongs to the line end, two do not")]
    [TestCase("GET {6ba7b810-9dad-11d1-80b4-00c04fd430c8}", "BAD_KEY", Description = "braces")]
    public async Task Bad_request_is_answered_with_its_code_and_the_connection_goes_on(string request, string code)
    {
        await using RunningServer server = await StartAsync();
        using LineClient client = await server.ConnectAsync();
        Assert.That(await client.AskAsync(request), Does.Match($"^ERR {code} [^\r\n\0]+$"));
        Assert.That(await client.AskAsync("PING"), Is.EqualTo("OK PONG"));
    }

    [Test]
    public async Task Blank_lines_have_no_reply()
    {
        await using RunningServer server = await StartAsync();
        using LineClient client = await server.ConnectAsync();
        await client.SendAsync("\n\r\n   \n  \r\n");
        Assert.That(await client.AskAsync("PING"), Is.EqualTo("OK PONG"));
        Assert.That((await client.StatsAsync())["requests"], Is.EqualTo("2"), "blank lines are not counted");
    }

    [Test]
    public async Task Server_for_version_4_refuses_other_keys()
    {
        await using RunningServer server = await StartAsync(new ServerOptions { RequireVersion4 = true });
        using LineClient client = await server.ConnectAsync();
        Assert.That(await client.AskAsync($"EXISTS {Hit}"), Is.EqualTo("OK 1"));
        string refused = await client.AskAsync("GET 6ba7b810-9dad-11d1-80b4-00c04fd430c8");
        Assert.That(refused, Does.StartWith("ERR BAD_KEY ").And.Contain("version 4"));
    }
}
