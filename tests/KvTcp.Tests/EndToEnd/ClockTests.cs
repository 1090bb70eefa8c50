using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>A server whose clock is set while it serves: an hour ahead, then two days back.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed partial class ClockTests : IDisposable
{
    private const int HangUp = 1;
    private const int Terminate = 15;
    private const string Token = "correct-horse";
    private const string Guesser = "127.0.0.2";
    private const int ManyRequests = 200;

    private static readonly string LongValue = new('v', 100_000);

    private static readonly TimeSpan[] Settings = [TimeSpan.FromHours(1), TimeSpan.FromDays(-2)];

    private readonly TemporaryDirectory _directory = new();

    private static string Key => TestDataset.Key(0).ToString();

    private string Data => _directory.PathOf("some.data");

    public void Dispose() => _directory.Dispose();

    [Test]
    public async Task Clock_that_is_set_closes_nobody_keeps_nobody_and_holds_up_no_reload()
    {
        FakedClock clock = new(_directory.PathOf("clock"));
        Publish(LongValue);
        using ProcessRun server = Start(
            clock, "--idle-timeout", "30m", "--unread-reply-timeout", "30m", "--first-request-timeout", "1s", "--old-dataset-timeout", "30m", "--watch", "1",
            "--http", "127.0.0.1:0");
        string http = await KvTcpProgram.HttpAddressAsync(server);
        IPEndPoint endPoint = IPEndPoint.Parse(await KvTcpProgram.AddressAsync(server));
        using LineClient idle = await LineClient.ConnectAsync(endPoint);
        using LineClient unread = await LineClient.ConnectAsync(endPoint, bufferSize: 4096);
        await AskForMuchAsync(unread);
        using LineClient other = await LineClient.ConnectAsync(endPoint);
        Assert.That((await idle.AskAsync("PING"), await other.AskAsync("PING")), Is.EqualTo(("OK PONG", "OK PONG")));
        long uptime = 0;
        foreach (TimeSpan off in Settings)
        {
            clock.Set(off);
            using (LineClient silent = await LineClient.ConnectAsync(endPoint))
            {
                Assert.That(await silent.ReadToEndAsync(), Is.EqualTo(("", ConnectionEnd.Closed)), "its second has passed");
            }

            Publish($"signal {off}");
            server.Signal(HangUp);
            await Patience.UntilAsync(async () => string.Equals(await other.AskAsync($"GET {Key}"), $"OK signal {off}", StringComparison.Ordinal), "a signal reloads");
            DateTime loaded = DateTime.Parse((await other.StatsAsync())["dataset_loaded_at"], CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal);
            Assert.That(loaded - DateTime.UtcNow - off, Is.EqualTo(TimeSpan.Zero).Within(TimeSpan.FromMinutes(5)), "the clock is set");
            Publish($"watch {off}");
            await Patience.UntilAsync(async () => string.Equals(await other.AskAsync($"GET {Key}"), $"OK watch {off}", StringComparison.Ordinal), "a change is seen");

            long now = long.Parse((await other.StatsAsync())["uptime_seconds"]);
            Assert.That(now, Is.InRange(uptime, 600));
            uptime = now;
            Assert.That(await DatasetAgeAsync(http), Is.InRange(0, 600));
        }

        clock.Set(Settings[0]);
        Assert.That(await DatasetAgeAsync(http), Is.InRange(0, 600), "although it was loaded two days before this hour");
        Assert.That(await idle.AskAsync($"GET {Key}"), Does.StartWith("OK watch "), "it has not idled for so long");
        for (int i = 0; i < ManyRequests; i++)
        {
            Assert.That(await unread.ReadLineAsync(), Does.StartWith("OK "));
        }

        Assert.That((await other.StatsAsync())["connections_timed_out"], Is.EqualTo($"{Settings.Length}"), "those without a request");
        server.Signal(Terminate);
        Assert.That((await server.EndAsync()).ExitCode, Is.Zero);
    }

    [Test]
    public async Task Connections_that_are_idle_or_unread_are_closed_although_the_clock_was_set_back()
    {
        FakedClock clock = new(_directory.PathOf("clock"));
        Publish(LongValue);
        using ProcessRun server = Start(clock, "--idle-timeout", "1s", "--unread-reply-timeout", "1s", "--first-request-timeout", "1s");
        IPEndPoint endPoint = IPEndPoint.Parse(await KvTcpProgram.AddressAsync(server));
        using LineClient silent = await LineClient.ConnectAsync(endPoint);
        using LineClient idle = await LineClient.ConnectAsync(endPoint);
        Assert.That(await idle.AskAsync("PING"), Is.EqualTo("OK PONG"));
        using LineClient unread = await LineClient.ConnectAsync(endPoint, bufferSize: 4096);
        await AskForMuchAsync(unread);
        clock.Set(Settings[^1]);
        Assert.That(await silent.ReadToEndAsync(), Is.EqualTo(("", ConnectionEnd.Closed)));
        Assert.That(await idle.ReadToEndAsync(), Is.EqualTo(("", ConnectionEnd.Closed)));
        await Patience.UntilAsync(async () => await TimedOutAsync(endPoint) >= 3, "the client that does not read is given up");
        Assert.That((await unread.ReadToEndAsync()).End, Is.EqualTo(ConnectionEnd.Reset));
    }

    [Test]
    public async Task Rate_of_requests_is_neither_forgiven_nor_stopped_by_a_clock_that_is_set()
    {
        const int Rate = 10;
        FakedClock clock = new(_directory.PathOf("clock"));
        Publish("one");
        using ProcessRun server = Start(clock, "--rate-limit", $"{Rate}");
        IPEndPoint endPoint = IPEndPoint.Parse(await KvTcpProgram.AddressAsync(server));

        // Five seconds' worth more than may come at once.
        using LineClient greedy = await LineClient.ConnectAsync(endPoint);
        int requests = Rate * (RequestRates.BurstSeconds + 5);
        await greedy.SendAsync(string.Concat(Enumerable.Repeat("PING\n", requests)));
        await greedy.ReadLinesAsync(requests);
        using LineClient other = await LineClient.ConnectAsync(endPoint, from: "127.0.0.3");
        clock.Set(Settings[0]);
        using LineClient next = await LineClient.ConnectAsync(endPoint);
        await next.SendAsync("PING\n");
        await Patience.UntilAsync(async () => (await other.StatsAsync())["rate_waits"] is "2", "an hour ahead has forgiven nothing");
        clock.Set(Settings[1]);
        Assert.That((await next.ReadLineAsync(), await greedy.AskAsync("PING")), Is.EqualTo(("OK PONG", "OK PONG")), "two days back need not be waited for");
    }

    [Test]
    public async Task Wrong_tokens_are_neither_forgiven_nor_kept_by_a_clock_that_is_set()
    {
        const int Guesses = 30;
        FakedClock clock = new(_directory.PathOf("clock"));
        Publish("one");
        File.WriteAllText(_directory.PathOf("token"), Token);
        using ProcessRun server = Start(clock, "--auth-token-file", _directory.PathOf("token"));
        IPEndPoint endPoint = IPEndPoint.Parse(await KvTcpProgram.AddressAsync(server));
        using LineClient good = await LineClient.ConnectAsync(endPoint);
        Assert.That(await good.AskAsync($"AUTH {Token}"), Is.EqualTo("OK"));
        await GuessAsync(endPoint, Guesses);
        clock.Set(Settings[0]);
        await GuessAsync(endPoint, Guesses);
        Assert.That(
            long.Parse((await good.StatsAsync())["wrong_tokens"]), Is.InRange(WrongTokenLimit.Allowance, (2 * WrongTokenLimit.Allowance) - 1), "no second allowance");
        clock.Set(Settings[1]);
        using LineClient guesser = await LineClient.ConnectAsync(endPoint, from: Guesser);
        await Patience.UntilAsync(async () => await guesser.AskAsync($"AUTH {Token}") is "OK", "some seconds have passed, not two days");
    }

    /// <summary>The age of the dataset as the metrics have it.</summary>
    private static async Task<double> DatasetAgeAsync(string http)
    {
        using HttpClient client = new();
        string metrics = await client.GetStringAsync(new Uri($"{(http.StartsWith("http", StringComparison.Ordinal) ? "" : "http://")}{http}/metrics"));
        return double.Parse(Age().Match(metrics).Groups["seconds"].Value, CultureInfo.InvariantCulture);
    }

    /// <summary>Asks for more than the sockets hold, and reads none of it.</summary>
    private static Task AskForMuchAsync(LineClient client) => client.SendAsync(string.Concat(Enumerable.Repeat($"GET {Key}\n", ManyRequests)));

    private static async Task<long> TimedOutAsync(IPEndPoint endPoint)
    {
        using LineClient client = await LineClient.ConnectAsync(endPoint);
        return long.Parse((await client.StatsAsync())["connections_timed_out"]);
    }

    private static Task GuessAsync(IPEndPoint endPoint, int guesses) => Parallel.ForAsync(
        0,
        guesses,
        new ParallelOptions { MaxDegreeOfParallelism = guesses },
        async (number, _) =>
        {
            using LineClient client = await LineClient.ConnectAsync(endPoint, from: Guesser);
            Assert.That(await client.AskAsync($"AUTH guess{number}"), Does.StartWith("ERR WRONGPASS "));
        });

    private ProcessRun Start(FakedClock clock, params string[] options)
    {
        clock.Set(TimeSpan.Zero);
        return ProcessRun.Start(KvTcpProgram.Path, ["serve", "--listen", "127.0.0.1:0", "--data", Data, .. options], environment: clock.Environment);
    }

    private void Publish(string value)
    {
        File.WriteAllText($"{Data}.new", $"{Key} {value}\n");
        File.Move($"{Data}.new", Data, overwrite: true);
    }

    [GeneratedRegex(@"^kvtcp_dataset_age_seconds (?<seconds>\S+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Age();
}
