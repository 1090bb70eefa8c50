using KvTcp.Protocol;
using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>Who may ask what, docs/protocol.md#who-may-ask-what.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class AuthTests
{
    private const string Token = "correct-horse";

    private static ServerOptions WithToken => new() { AuthToken = new TokenGuard(AuthToken.TryCreate(Token)!) };

    private static string Get => $"GET {TestDataset.Key(0)}";

    [Test]
    public async Task Before_auth_only_four_commands_are_answered()
    {
        await using RunningServer server = await RunningServer.StartAsync(WithToken, TestDataset.WithValues("one"));
        using LineClient client = await server.ConnectAsync();
        Assert.That(await client.AskAsync("PING"), Is.EqualTo("OK PONG"));
        Assert.That(await client.AskAsync("HELP"), Is.EqualTo($"LINES {CommandTable.Count}"));
        await client.ReadLinesAsync(CommandTable.Count);
        string key = TestDataset.Key(0).ToString();
        foreach (string request in new[] { Get, $"get  {key}", $"MGET {key}", $"EXISTS {key}", "COUNT", "STATS", "VERSION", "RELOAD", "ROLLBACK" })
        {
            Assert.That(await client.AskAsync(request), Does.StartWith("ERR NOAUTH "), request);
        }

        Assert.That(await client.AskAsync("AUTH wrong"), Does.StartWith("ERR WRONGPASS "));
        Assert.That(await client.AskAsync(Get), Does.StartWith("ERR NOAUTH "), "a wrong token opens nothing");
        Assert.That(await client.AskAsync($"AUTH {Token}"), Is.EqualTo("OK"));
        Assert.That(await client.AskAsync(Get), Is.EqualTo("OK one"));
        Assert.That(await client.AskAsync("QUIT"), Is.EqualTo("OK BYE"));
    }

    [Test]
    public async Task Requests_behind_auth_in_one_read_are_answered()
    {
        await using RunningServer server = await RunningServer.StartAsync(WithToken, TestDataset.WithValues("one"));
        using LineClient client = await server.ConnectAsync();
        await client.SendAsync($"{Get}\nAUTH {Token}\n{Get}\nMGET {TestDataset.Key(0)}\n");
        Assert.That(await client.ReadLineAsync(), Does.StartWith("ERR NOAUTH "));
        Assert.That(await client.ReadLinesAsync(4), Is.EqualTo("OK\nOK one\nLINES 1\nOK one\n"));
    }

    [TestCase(4_096, false)]
    [TestCase(4_097, true)]
    public async Task Before_auth_a_line_has_at_most_4096_bytes(int length, bool isTooLong)
    {
        await using RunningServer server = await RunningServer.StartAsync(WithToken);
        using LineClient client = await server.ConnectAsync();
        await client.SendAsync($"PING{new string(' ', length - 5)}\n");
        Assert.That(await client.ReadLineAsync(), isTooLong ? Does.StartWith("ERR TOO_LONG ") : Is.EqualTo("OK PONG"));
    }

    [Test]
    public async Task After_auth_a_line_may_be_longer()
    {
        await using RunningServer server = await RunningServer.StartAsync(WithToken);
        using LineClient client = await server.ConnectAsync();
        Assert.That(await client.AskAsync($"AUTH {Token}"), Is.EqualTo("OK"));
        Assert.That(await client.AskAsync($"PING{new string(' ', 60_000)}"), Is.EqualTo("OK PONG"));
    }

    [Test]
    public async Task Auth_is_refused_where_no_token_is_set()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        using LineClient client = await server.ConnectAsync();
        Assert.That(await client.AskAsync("AUTH x"), Does.StartWith("ERR REFUSED "));
        Assert.That(await client.AskAsync("PING"), Is.EqualTo("OK PONG"));
    }

    [TestCase("")]
    [TestCase("two words")]
    [TestCase("naïve")]
    [TestCase("tab\t")]
    public void Text_that_cannot_stand_in_a_request_is_no_token(string text) => Assert.That(AuthToken.TryCreate(text), Is.Null);

    [TestCase(AuthToken.MaxLength, true)]
    [TestCase(AuthToken.MaxLength + 1, false)]
    public void Token_has_a_limit(int length, bool isToken) => Assert.That(AuthToken.TryCreate(new string('t', length)) is not null, Is.EqualTo(isToken));

    [Test]
    public async Task Warning_of_other_machines_is_for_servers_without_a_token([Values] bool hasToken)
    {
        await using RunningServer server = await RunningServer.StartAsync(hasToken ? WithToken : null, null, "0.0.0.0:0");
        Assert.That(server.Log.Texts(Microsoft.Extensions.Logging.LogLevel.Warning).Any(), Is.Not.EqualTo(hasToken));
    }
}
