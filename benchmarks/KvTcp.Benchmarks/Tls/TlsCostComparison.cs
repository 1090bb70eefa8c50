using System.Net;
using KvTcp.Cli;
using KvTcp.Compare;
using KvTcp.LoadGen;

namespace KvTcp.Benchmarks.Tls;

/// <summary>
/// <c>./run.sh bench tls [ROUNDS [SECONDS [TRANSPORT]]]</c>: what TLS costs at depth 16. One server on one core has an address with TLS and one
/// without; each round is a run over either, the order changing from round to round. The load generator has a core of its own.
/// </summary>
internal static class TlsCostComparison
{
    private const int Pairs = 100_000;
    private const int Depth = 16;

    /// <summary>Before the rounds, in lengths of a run: a server compiles its code while it is driven.</summary>
    private const int WarmUpRuns = 5;

    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(0.5);

    /// <summary>Measures and prints each round and the medians.</summary>
    /// <param name="args">
    /// How many rounds, 9 by default, of how many seconds a run, 2 by default, and over which of the server's transports, the one that it chooses by default.
    /// </param>
    /// <returns>The exit code: 69 when the server cannot be started.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        int rounds = args.Length > 0 ? int.Parse(args[0]) : 9;
        TimeSpan length = TimeSpan.FromSeconds(args.Length > 1 ? double.Parse(args[1]) : 2);
        using WorkFolder folder = new();
        LoopbackCertificate certificate = LoopbackCertificate.Create(folder.Root);
        int tlsPort = RunningPeer.FreePort();
        KvTcpTlsPeer peer = new(tlsPort, certificate, args.Length > 2 ? args[2] : null);
        try
        {
            await peer.InstallAsync(CancellationToken.None);
            CoreSplit cores = CoreSplit.OfThisProcess();
            string data = await folder.GenerateAsync(Pairs, CancellationToken.None);
            using RunningPeer server = await RunningPeer.StartAsync(
                peer, new PeerLaunch(RunningPeer.FreePort(), [cores.Server[0]], Pairs, data, folder.Root), CancellationToken.None);
            cores.PinGenerator();
            using KeyFile keys = KeyFile.Open(data);
            LoadPlan plain = new() { Server = server.EndPoint, Depth = Depth, WarmUp = Settle, Duration = length };
            LoadPlan tls = plain with
            {
                Server = new IPEndPoint(IPAddress.Loopback, tlsPort),
                Host = $"{IPAddress.Loopback}",
                Tls = new TlsClientSetting(certificate.CertificatePath, null, null),
            };
            await Task.Run(() => Compare(plan => MeasuredRun.Of(plan, keys, server.Processes), tls, plain, rounds));
            return ExitCode.Success;
        }
        catch (CommandException exception)
        {
            Console.Error.WriteLine($"tls: {exception.Message}");
            return exception.ExitCode;
        }
    }

    private static void Compare(Func<LoadPlan, MeasuredRun> run, LoadPlan tls, LoadPlan plain, int rounds)
    {
        foreach (LoadPlan plan in (LoadPlan[])[tls, plain])
        {
            _ = run(plan with { Duration = plan.Duration * WarmUpRuns });
        }

        Console.WriteLine("| round | TLS, requests/s | plain, requests/s | ratio | server CPU, us a request: TLS | plain | ratio |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        List<double> rates = [];
        List<double> costs = [];
        for (int round = 1; round <= rounds; round++)
        {
            bool isTlsFirst = round % 2 == 1;
            MeasuredRun first = run(isTlsFirst ? tls : plain);
            MeasuredRun second = run(isTlsFirst ? plain : tls);
            (MeasuredRun secured, MeasuredRun open) = isTlsFirst ? (first, second) : (second, first);
            rates.Add(secured.PerSecond / open.PerSecond);
            costs.Add(secured.Cpu / open.Cpu);
            Console.WriteLine(
                $"| {round} | {secured.PerSecond:N0} | {open.PerSecond:N0} | {rates[^1]:0.00} | {secured.Cpu:0.00} | {open.Cpu:0.00} | {costs[^1]:0.00} |");
        }

        Console.WriteLine($"TLS has {Spread.Of(rates).Text("0.00")} times the throughput, median of the rounds, and takes {Spread.Of(costs).Text("0.00")} times the CPU a request");
    }
}
