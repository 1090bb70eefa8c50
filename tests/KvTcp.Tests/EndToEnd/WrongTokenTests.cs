using System.Net.Sockets;
using KvTcp.Server;
using KvTcp.Tests.Support;
using Microsoft.Extensions.Logging;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>Clients that guess, docs/protocol.md#wrong-tokens. The guesser comes from 127.0.0.2, good clients from 127.0.0.1.</summary>
[Parallelizable(ParallelScope.All)]
public class WrongTokenTests(TransportKind transport) : EveryTransport(transport)
{
    private const string Token = "correct-horse";
    private const string Guesser = "127.0.0.2";

    [Test]
    public async Task Thousands_of_guesses_are_held_off_and_others_go_on()
    {
        const int Connections = 100;
        const int Guesses = 20;
        await using RunningServer server = await StartAsync(Guarded(TimeSpan.Zero));
        await Parallel.ForAsync(0, Connections, async (number, _) =>
        {
            using LineClient client = await LineClient.ConnectAsync(server.EndPoint, from: Guesser);
            string word = number % 2 == 0 ? "AUTH" : "auth ";
            await client.SendAsync(string.Concat(Enumerable.Range(0, Guesses).Select(i => $"{word} guess{i}\n")));
            for (int i = 0; i < Guesses; i++)
            {
                Assert.That(await client.ReadLineAsync(), Does.StartWith("ERR WRONGPASS "));
            }
        });

        using LineClient guesser = await LineClient.ConnectAsync(server.EndPoint, from: Guesser);
        Assert.That(await guesser.AskAsync($"AUTH {Token}"), Does.StartWith("ERR WRONGPASS too many"), "the right one does not count now");
        using LineClient good = await server.ConnectAsync();
        Assert.That(await good.AskAsync($"AUTH {Token}"), Is.EqualTo("OK"));
        IReadOnlyDictionary<string, string> stats = await good.StatsAsync();
        long counted = long.Parse(stats["wrong_tokens"]);
        Assert.That(counted, Is.InRange(WrongTokenLimit.Allowance, Connections), "the allowance, and what was forgotten meanwhile");
        Assert.That(counted + long.Parse(stats["held_off_tokens"]), Is.EqualTo((Connections * Guesses) + 1));
        await Patience.UntilAsync(
            () => Task.FromResult(server.Log.Texts(LogLevel.Warning).Any(static line => line.Contains("wrong tokens; the last from 127.0.0.2:", StringComparison.Ordinal))),
            "they are logged");
        Assert.That(server.Log.Texts(LogLevel.Information), Has.None.Contain("guess"), "no log has what was shown");
    }

    [TestCase("AUTH wrong\n", "ERR WRONGPASS the token is wrong")]
    [TestCase("*2\r\n$4\r\nAUTH\r\n$5\r\nwrong\r\n", "-WRONGPASS invalid username-password pair or user is disabled.\r")]
    [TestCase("*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$1\r\nx\r\n$5\r\nwrong\r\n", "-WRONGPASS invalid username-password pair or user is disabled.\r")]
    public async Task Answer_to_a_wrong_token_is_delayed_with_what_follows_and_holds_up_nobody_else(string request, string reply)
    {
        await using (RunningServer never = await StartAsync(Guarded(TimeSpan.FromDays(1)) with { DrainTimeout = TimeSpan.Zero }))
        {
            using LineClient client = await never.ConnectAsync();
            await client.SendAsync(request + request);
            using LineClient other = await never.ConnectAsync();
            await Patience.UntilAsync(async () => await WrongTokensAsync(other) == 1, "the token is judged");
            Assert.That(client.Socket.Poll(TimeSpan.FromMilliseconds(100), SelectMode.SelectRead), Is.False, "no answer, and no second look");
            Assert.That(await WrongTokensAsync(other), Is.EqualTo(1));
        }

        await using RunningServer server = await StartAsync(Guarded(TimeSpan.FromMilliseconds(1)));
        using LineClient soon = await server.ConnectAsync();
        await soon.SendAsync(request + request);
        Assert.That((await soon.ReadLineAsync(), await soon.ReadLineAsync()), Is.EqualTo((reply, reply)));
    }

    [Test]
    public async Task Stopping_server_waits_for_one_wrong_token_of_a_connection_and_not_for_those_behind_it()
    {
        RunningServer server = await StartAsync(Guarded(TimeSpan.FromMilliseconds(500)) with { DrainTimeout = TimeSpan.FromHours(1) });
        using LineClient client = await LineClient.ConnectAsync(server.EndPoint, from: Guesser);
        await using (server)
        {
            await client.SendAsync(string.Concat(Enumerable.Repeat("AUTH wrong\n", 400)));
            using LineClient other = await server.ConnectAsync();
            await Patience.UntilAsync(async () => await WrongTokensAsync(other) > 0, "a token is judged");
        }

        (string text, ConnectionEnd end) = await client.ReadToEndAsync();
        Assert.That(text.Count('\n'), Is.LessThan(100));
        Assert.That(end, Is.EqualTo(ConnectionEnd.Closed));
    }

    [Test]
    public async Task Token_over_the_limit_of_a_line_before_auth_closes()
    {
        await using RunningServer server = await StartAsync(Guarded(TimeSpan.Zero));
        using LineClient client = await server.ConnectAsync();
        await client.SendAsync($"AUTH {new string('x', 5_000)}");
        (string text, ConnectionEnd end) = await client.ReadToEndAsync();
        Assert.That((text[..13], end), Is.EqualTo(("ERR TOO_LONG ", ConnectionEnd.Closed)));
        using LineClient good = await server.ConnectAsync();
        Assert.That(await good.AskAsync($"AUTH {Token}"), Is.EqualTo("OK"));
        IReadOnlyDictionary<string, string> stats = await good.StatsAsync();
        Assert.That((stats["long_lines"], stats["wrong_tokens"]), Is.EqualTo(("1", "0")));
    }

    [Test]
    public async Task Connections_that_have_authenticated_survive_another_token()
    {
        ServerOptions options = Guarded(TimeSpan.Zero);
        await using RunningServer server = await StartAsync(options);
        using LineClient before = await server.ConnectAsync();
        Assert.That(await before.AskAsync($"AUTH {Token}"), Is.EqualTo("OK"));
        options.AuthToken!.Replace(AuthToken.TryCreate("another")!);
        Assert.That(await before.AskAsync("COUNT"), Does.StartWith("OK "));
        using LineClient after = await server.ConnectAsync();
        Assert.That(await after.AskAsync($"AUTH {Token}"), Does.StartWith("ERR WRONGPASS "));
        Assert.That(await after.AskAsync("AUTH another"), Is.EqualTo("OK"));
    }

    private static ServerOptions Guarded(TimeSpan delay) =>
        new() { AuthToken = new TokenGuard(AuthToken.TryCreate(Token)!, delay, TimeProvider.System) };

    private static async Task<long> WrongTokensAsync(LineClient client)
    {
        if (await client.AskAsync($"AUTH {Token}") is "OK")
        {
            return long.Parse((await client.StatsAsync())["wrong_tokens"]);
        }

        throw new InvalidOperationException("The right token is refused.");
    }
}
