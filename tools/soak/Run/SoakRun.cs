using System.Globalization;
using System.Security.Cryptography;
using KvTcp.Compare;

namespace KvTcp.Soak;

/// <summary>A server, everybody who uses and misuses it, and what happens to it; from its start to its end.</summary>
internal sealed class SoakRun
{
    /// <summary>Of the server's addresses the one that speaks TLS.</summary>
    public const int Tls = 1;

    private const int Plain = 0;
    private const int Cable = 2;

    /// <summary>What /metrics says to the last client.</summary>
    private const string OnlyOneOverHttp = "kvtcp_connections_open{protocol=\"tcp\"} 0, kvtcp_connections_open{protocol=\"http\"} 1";

    private const int TokenBytes = 24;

    private static readonly TimeSpan VisitorPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan TlsPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan GarbagePause = TimeSpan.FromMilliseconds(100);

    /// <summary>The slowest would not be through with their first request long after its deadline.</summary>
    private static readonly TimeSpan SlowestByte = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LeaveGrain = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan EndGrain = TimeSpan.FromSeconds(2);

    private readonly SoakPlan _plan;
    private readonly TextWriter _output;
    private readonly Findings _findings = new();
    private readonly Generations _generations;
    private readonly List<string> _notes = [];

    private SoakRun(SoakPlan plan, TextWriter output)
    {
        _plan = plan;
        _output = output;
        _generations = new Generations(new KnownPairs(plan.Pairs, plan.Seed));
    }

    /// <summary>Runs a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="output">Is told of what happens.</param>
    /// <param name="stop">Ends it early.</param>
    public static async Task<SoakResult> RunAsync(SoakPlan plan, TextWriter output, CancellationToken stop)
    {
        (NetworkNamespace? network, string? reason) = await NetworkNamespace.TryCreateAsync();
        using NetworkNamespace? held = network;
        using WorkFolder folder = new();
        SoakRun run = new(plan, output);
        run._notes.AddRange(reason is null ? [] : [reason]);
        return await run.RunAsync(folder.Root, network, stop);
    }

    private async Task<SoakResult> RunAsync(string folder, NetworkNamespace? network, CancellationToken stop)
    {
        DateTimeOffset began = DateTimeOffset.UtcNow;
        string dataFile = Path.Combine(folder, "soak.data");
        _generations.Pairs.Publish(dataFile, 0);
        SoakCertificates certificates = new(folder);
        certificates.Publish();
        string token = RandomNumberGenerator.GetHexString(TokenBytes * 2);
        string tokenFile = Path.Combine(folder, "soak.token");
        await File.WriteAllTextAsync(tokenFile, token, stop);
        string[] listen = ["plain:127.0.0.1:0", "127.0.0.1:0", .. network is null ? (string[])[] : [$"plain:{network.Near}:0"]];
        using SoakServer server = await SoakServer.StartAsync(
            _plan.Program,
            folder,
            listen,
            [
                "--data", dataFile, "--http", "127.0.0.1:0", "--transport", _plan.Transport, "--auth-token-file", tokenFile,
                "--tls-cert", certificates.CertificatePath, "--tls-key", certificates.KeyPath, .. _plan.Limits.Arguments,
            ],
            CoreSplit.OfThisProcess().All,
            _findings);
        Surroundings around = new(server.EndPoints[Plain], Surroundings.From("127.0.0.1"), _generations, _findings, token);
        using HttpClient http = server.OpenHttp();
        SteadyLoad load = new(around);
        SoakEvents events = new(server, around with { Open = Surroundings.From("127.0.5.1") }, dataFile, certificates, network);
        ServerWatch watch = new(server, load, () => events.IsCalm);
        using CancellationTokenSource done = new();
        Task crowd = Task.WhenAll(
        [
            load.RunAsync(_plan.Seed, done.Token),
            watch.RunAsync(done.Token),
            .. Crowd(around, done.Token),
            .. Secure(around with { Server = server.EndPoints[Tls] }, certificates, done.Token),
            .. OverHttp(around, server, http, done.Token),
            .. network is null ? (Task[])[] : [Distant(around with { Server = server.EndPoints[Cable], Open = network.Open }).RunAsync(4, _plan.Seed, done.Token)],
        ]);
        try
        {
            await events.RunAsync(_plan, _output, stop);
        }
        finally
        {
            await done.CancelAsync();
            await crowd;
            http.Dispose();
        }

        if (server.IsAlive)
        {
            _ = await _findings.TryAsync("leftovers", () => CheckLeftoversAsync(server), CancellationToken.None);
            await StopAsync(server, around);
        }
        else
        {
            _findings.AddWrong("the server has died");
        }

        return Result(began, watch.Samples, events.Log);
    }

    /// <summary>Those who are there all the time. Each kind comes from an address of its own, as limits of addresses want to be met.</summary>
    private IEnumerable<Task> Crowd(Surroundings around, CancellationToken stop)
    {
        Surroundings From(int kind) => around with { Open = Surroundings.From($"127.0.{kind}.1") };
        yield return new Visitors("visitors", From(1), VisitorPause).RunAsync(8, _plan.Seed + 1_000, stop);
        yield return new SlowClients(From(2), _plan.Limits.FirstRequest, SlowestByte).RunAsync(40, _plan.Seed + 2_000, stop);
        yield return new UnreadClients(From(3), _plan.Limits.UnreadReply).RunAsync(20, _plan.Seed + 3_000, stop);
        yield return new GarbageSenders(From(4) with { Token = null }, GarbagePause).RunAsync(4, _plan.Seed + 4_000, stop);
        yield return new GarbageSenders(From(8), GarbagePause).RunAsync(4, _plan.Seed + 9_000, stop);
        yield return new WrongTokens(From(6)).RunAsync(8, _plan.Seed + 6_000, stop);
    }

    /// <summary>Those who come to where TLS is spoken.</summary>
    private IEnumerable<Task> Secure(Surroundings around, SoakCertificates certificates, CancellationToken stop)
    {
        yield return new TlsVisitors(around, certificates, TlsPause).RunAsync(4, _plan.Seed + 7_000, stop);
        yield return new BadHandshakes(around with { Open = Surroundings.From("127.0.7.1") }, TlsPause).RunAsync(8, _plan.Seed + 8_000, stop);
    }

    /// <summary>Those who come over HTTP.</summary>
    private IEnumerable<Task> OverHttp(Surroundings around, SoakServer server, HttpClient http, CancellationToken stop)
    {
        yield return new HttpVisitors(around, http, VisitorPause).RunAsync(4, _plan.Seed + 5_000, stop);
        Surroundings there = around with { Server = server.HttpEndPoint!, Open = Surroundings.From("127.0.9.1") };
        yield return new UnfinishedBodies(there, _plan.Limits.FirstRequest, GarbagePause).RunAsync(8, _plan.Seed + 10_000, stop);
    }

    private static Visitors Distant(Surroundings around) => new("visitors over a cable", around, VisitorPause);

    /// <summary>
    /// All have left; so nothing of theirs may be left in the server. It does not hear of a reset while the cable is cut, so that it takes such a client for an idle one.
    /// </summary>
    private async Task CheckLeftoversAsync(SoakServer server)
    {
        using HttpClient http = server.OpenHttp();
        string open = "";
        TimeSpan leave = _plan.Limits.Idle + LeaveGrain;
        using CancellationTokenSource limit = new(leave);
        while (!limit.IsCancellationRequested)
        {
            string metrics = await http.GetStringAsync("/metrics", CancellationToken.None);
            open = string.Join(", ", metrics.Split('\n').Where(static line => line.StartsWith("kvtcp_connections_open{", StringComparison.Ordinal)));
            if (open is OnlyOneOverHttp)
            {
                return;
            }

            await Task.Delay(100, CancellationToken.None);
        }

        _findings.AddWrong($"{open} {leave.TotalSeconds} s after all clients but one over HTTP have left");
    }

    /// <summary>Stops the server while some wait for the rest of their request, and some never read.</summary>
    private async Task StopAsync(SoakServer server, Surroundings around)
    {
        using CancellationTokenSource done = new();
        Surroundings unheard = around with { Findings = new Findings() };
        Task last = Task.WhenAll(
            new UnreadClients(unheard, _plan.Limits.UnreadReply).RunAsync(5, _plan.Seed, done.Token),
            new SlowClients(unheard, _plan.Limits.FirstRequest, SlowestByte).RunAsync(5, _plan.Seed, done.Token));
        await Task.Delay(EndGrain / 2, CancellationToken.None);
        (TimeSpan Time, int ExitCode)? end = await server.StopAsync(_plan.Limits.Drain + EndGrain);
        await done.CancelAsync();
        await last;
        if (end is not (TimeSpan time, 0))
        {
            _findings.AddWrong(
                end is null
                    ? $"the server has not stopped within {(_plan.Limits.Drain + EndGrain).TotalSeconds} s of SIGTERM"
                    : $"the server ended with {end.Value.ExitCode} after SIGTERM");
        }
        else
        {
            _notes.Add(string.Create(CultureInfo.InvariantCulture, $"the server stopped {time.TotalSeconds:0.0} s after SIGTERM, of {_plan.Limits.Drain.TotalSeconds} s allowed"));
        }
    }

    private SoakResult Result(DateTimeOffset began, IReadOnlyList<ServerSample> samples, IReadOnlyList<(TimeSpan At, string What)> events)
    {
        // Connections come and go between two looks.
        Slope[] slopes =
        [
            Slope.Of("RSS", "MiB", samples, static sample => sample.Resident / (double)(1 << 20), mean => _plan.ResidentTolerance + (mean / 20)),
            Slope.Of("open files", "files", samples, static sample => sample.OpenFiles, static _ => 16),
            Slope.Of("threads", "threads", samples, static sample => sample.Threads, static _ => 4),
        ];
        string[] wrong =
        [
            .. _findings.WrongCount > _findings.Wrong.Count ? (string[])[$"{_findings.WrongCount} in all; the first are:"] : [],
            .. _findings.Wrong,
            .. _findings.Seen.Where(static seen => seen.Count == 0).Select(static seen => $"never seen: {seen.What}"),
            .. slopes.Where(static slope => !slope.IsFlat).Select(static slope => $"not flat: {slope}"),
        ];
        return new SoakResult(_plan, began, samples, events, slopes, _findings.Seen, wrong, _notes);
    }
}
