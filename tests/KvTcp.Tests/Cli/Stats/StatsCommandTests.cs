using System.Runtime.Versioning;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Cli.Stats;

/// <summary><c>kvtcp stats</c> as a process, on a terminal and elsewhere.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[UnsupportedOSPlatform("windows")]
public sealed class StatsCommandTests : IDisposable
{
    private const int SigInt = 2;
    private const int SigTerm = 15;
    private const string EnterScreen = "\e[?1049h";
    private const string LeaveScreen = "\e[?1049l";

    private readonly TemporaryDirectory _directory = new();

    private string Unix => "unix:" + _directory.PathOf("k.sock");

    public void Dispose() => _directory.Dispose();

    [Test]
    public async Task Stats_prints_what_STATS_tells()
    {
        await using RunningServer server = await StartAsync();
        IReadOnlyDictionary<string, string> asked = await server.StatsAsync();
        ProcessResult result = await KvTcpProgram.RunAsync("stats", "--server", Unix);
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        string[][] lines = [.. result.Output.TrimEnd('\n').Split('\n').Select(static line => line.Split(' ', 2))];
        Assert.That(lines.Select(static line => line[0]), Is.EqualTo(asked.Keys));
        Assert.That(lines.Single(static line => line[0] is "dataset_id")[1], Is.EqualTo(asked["dataset_id"]));
    }

    [TestCase("--watch")]
    [TestCase(null)]
    public async Task Server_that_is_not_there_at_the_start_ends_with_69(string? watch) =>
        (await KvTcpProgram.RunAsync(["stats", "--server", Unix, .. watch is null ? (string[])[] : [watch]]))
            .AssertError(69, $"cannot connect to {Unix}: ", "--server");

    [TestCase("99ms")]
    [TestCase("2h")]
    [TestCase("often")]
    public async Task Interval_out_of_its_limits_ends_with_64(string interval) =>
        (await KvTcpProgram.RunAsync("stats", "--watch", interval)).AssertError(64, "--watch: ", interval);

    [Test]
    public async Task Token_is_shown_where_the_server_wants_one_and_does_no_harm_elsewhere([Values] bool hasToken)
    {
        const string Token = "correct-horse";
        await using RunningServer server = await RunningServer.StartAsync(
            new() { AuthToken = hasToken ? KvTcp.Server.AuthToken.TryCreate(Token) : null });
        string address = server.EndPoint.ToString()!;
        string file = _directory.Write("token", Token);
        ProcessResult shown = await KvTcpProgram.RunAsync("stats", "--server", address, "--auth-token-file", file);
        Assert.That(shown.ExitCode, Is.Zero, shown.Error);
        if (hasToken)
        {
            (await KvTcpProgram.RunAsync("stats", "--server", address)).AssertError(69, $"{address} does not tell its figures: ");
            string wrong = _directory.Write("wrong", "wrong");
            (await KvTcpProgram.RunAsync("stats", "--watch", "--server", address, "--auth-token-file", wrong))
                .AssertError(69, "the token is wrong");
        }
    }

    [TestCase(SigInt)]
    [TestCase(SigTerm)]
    public async Task Watch_without_a_terminal_writes_a_line_at_each_interval_until_a_signal(int signal)
    {
        await using RunningServer server = await StartAsync();
        using ProcessRun watch = Watch();
        using StreamReader lines = new(watch.Output, leaveOpen: true);
        Assert.That(await lines.ReadLineAsync(), Does.Match("^[0-9-]{10}T[0-9:.]{12}Z requests/s=- hits/s=- .* keys=6 .*reload=none$"));
        using (LineClient client = await server.ConnectAsync())
        {
            await client.StatsAsync();
        }

        Assert.That(
            await lines.ReadLineAsync(), Does.Match(" requests/s=[1-9][0-9.]* hits/s=0 .* hit_rate=- .* connections=[1-9] .* dataset=[0-9a-f]{16} keys=6 "));
        watch.Signal(signal);
        Assert.That((await watch.EndAsync()).ExitCode, Is.Zero);
    }

    [Test]
    public async Task Watch_tells_that_the_server_is_lost_and_goes_on_when_it_is_back()
    {
        RunningServer server = await StartAsync();
        using ProcessRun watch = Watch();
        using StreamReader lines = new(watch.Output);
        await UntilAsync(lines, " requests/s=1");
        await server.DisposeAsync();
        Assert.That(await UntilAsync(lines, " lost "), Does.Contain(Unix));
        await using RunningServer again = await StartAsync();
        Assert.That(await UntilAsync(lines, " requests/s="), Does.Contain(" requests/s=- "), "it counts from 0 again");
        await UntilAsync(lines, " requests/s=1");
    }

    [Test]
    public async Task Watch_ends_when_nobody_reads_any_more()
    {
        await using RunningServer server = await StartAsync();
        ProcessResult result = await KvTcpProgram.RunInShellAsync($"$kvtcp stats --watch 100ms --server '{Unix}' | head -n 2; exit ${{PIPESTATUS[0]}}");
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        Assert.That(result.Output.Count(static c => c == '\n'), Is.EqualTo(2));
    }

    [Test]
    public async Task Watch_in_a_terminal_shows_the_server_its_loss_and_its_return()
    {
        RunningServer server = await StartAsync();
        using TerminalProgram terminal = TerminalProgram.Start(
            "/usr/bin/script",
            "-qec",
            $"stty cols 80 rows 24; trap : INT; TERM=xterm {KvTcpProgram.Path} stats --watch 100ms --server '{Unix}'; echo ended with $?",
            "/dev/null");
        await terminal.WaitForAsync(EnterScreen);
        await terminal.WaitForAsync("answering");
        await terminal.WaitForAsync(server.Data.Holder.Current!.Dataset.Id.ToString());
        await server.DisposeAsync();
        await terminal.WaitForAsync("lost for ");
        int lost = terminal.Shown.Length;
        await using RunningServer again = await StartAsync();
        await Patience.UntilAsync(
            async () =>
            {
                await terminal.ReadMoreAsync();
                return terminal.Shown[lost..].Contains("answering", StringComparison.Ordinal);
            },
            "it answers again");
        await terminal.TypeAsync("\u0003");
        Assert.That(await terminal.WaitForEndAsync(), Does.Contain(LeaveScreen).And.Contain("ended with 0"));
    }

    private Task<RunningServer> StartAsync() => RunningServer.StartAsync(listen: Unix);

    private ProcessRun Watch() => ProcessRun.Start(KvTcpProgram.Path, ["stats", "--watch", "100ms", "--server", Unix]);

    private static async Task<string> UntilAsync(StreamReader lines, string text)
    {
        while (await lines.ReadLineAsync().WaitAsync(Patience.Limit) is string line)
        {
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return line;
            }
        }

        throw new EndOfStreamException($"The program ended without '{text}'.");
    }
}
