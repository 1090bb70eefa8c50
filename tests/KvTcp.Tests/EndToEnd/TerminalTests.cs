using System.Net;
using System.Text.RegularExpressions;
using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>The programs that the documentation tells people to use.</summary>
[Parallelizable(ParallelScope.All)]
public class TerminalTests(TransportKind transport) : EveryTransport(transport)
{
    private const string Netcat = "/usr/bin/nc";
    private const string Telnet = "/usr/bin/telnet";
    private const string Script = "/usr/bin/script";

    private static string Key => TestDataset.Key(0).ToString();

    /// <summary>The first code block of docs/protocol.md: the command, and what it shows.</summary>
    [Test]
    public async Task Netcat_example_of_the_protocol_document_shows_what_it_says()
    {
        Match example = Regex.Match(
            Repository.ReadText("docs/protocol.md"),
            @"```\n\$ printf '(?<input>[^']+)' \| nc -N 127\.0\.0\.1 7878\n(?<output>[^`]+)```",
            RegexOptions.None,
            Patience.Limit);
        Assert.That(example.Success);
        await using RunningServer server = await StartAsync();
        using TerminalProgram netcat = TerminalProgram.Start(Netcat, "-N", "127.0.0.1", Port(server));
        await netcat.TypeAsync(example.Groups["input"].Value.Replace(@"\n", "\n"));
        netcat.EndInput();
        Assert.That(await netcat.WaitForEndAsync(), Is.EqualTo(example.Groups["output"].Value));
    }

    [Test]
    public async Task Netcat_receives_every_reply_to_a_large_input_before_the_close()
    {
        await using RunningServer server = await StartAsync(data: TestDataset.WithLengths(100_000));
        using TerminalProgram netcat = TerminalProgram.Start(Netcat, "-N", "127.0.0.1", Port(server));
        await netcat.TypeAsync(string.Concat(Enumerable.Repeat($"GET {Key}\n", 200)));
        netcat.EndInput();
        string shown = await netcat.WaitForEndAsync();
        string reply = $"OK {ByteText.Text(server.Data.Pairs[TestDataset.Key(0)])}\n";
        Assert.That(shown, Has.Length.EqualTo(200 * reply.Length));
        Assert.That(shown.Split(reply), Has.Length.EqualTo(201));
    }

    [Test]
    public async Task Telnet_in_a_terminal_works_by_hand()
    {
        await using RunningServer server = await StartAsync(data: TestDataset.WithValues("a value"));
        using TerminalProgram telnet = TerminalProgram.Start(Script, "-qec", $"{Telnet} 127.0.0.1 {Port(server)}", "/dev/null");
        await UseTelnetAsync(telnet);
    }

    [Test]
    public async Task Telnet_with_redirected_input_works()
    {
        await using RunningServer server = await StartAsync(data: TestDataset.WithValues("a value"));
        using TerminalProgram telnet = TerminalProgram.Start(Telnet, "127.0.0.1", Port(server));
        await UseTelnetAsync(telnet);
    }

    private static async Task UseTelnetAsync(TerminalProgram telnet)
    {
        await telnet.WaitForAsync("Escape character is");
        await telnet.TypeAsync($"GET {Key}\n");
        await telnet.WaitForAsync("OK a value");
        await telnet.TypeAsync("ping\n");
        await telnet.WaitForAsync("OK PONG");
        await telnet.TypeAsync("GET nonsense\n");
        await telnet.WaitForAsync("ERR BAD_KEY");
        await telnet.TypeAsync("quit\n");
        Assert.That(await telnet.WaitForEndAsync(), Does.Contain("OK BYE"), "the server closes, and so telnet ends");
    }

    private static string Port(RunningServer server) => ((IPEndPoint)server.EndPoint).Port.ToString();
}
